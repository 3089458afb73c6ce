"""Names, departments and places of the invented employees.

A name has its native spelling; where no address can be derived from it, `=` and its Latin form follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Place:
    """An office, its country as BambooHR spells it, and names that are frequent there."""

    city: str
    country: str
    dial: str
    first: tuple[str, ...]
    last: tuple[str, ...]
    family_first: bool = False


def _place(city: str, country: str, dial: str, first: str, last: str, family_first: bool = False) -> Place:
    return Place(city, country, dial, tuple(first.split(",")), tuple(last.split(",")), family_first)


PLACES: Final = (
    _place(
        "Boston",
        "United States",
        "+1 617 555",
        "Ava,Liam,Noah,Mia,Ethan,Grace,Owen,Zoe,Caleb,Ruth,Dwayne,Mary Beth,Jamal,Imani,Hannah,Tyler,Abigail,Marcus",
        "Parker,Johnson,Brooks,Reyes,O'Connor,Washington,Miller,Hayes,Bennett,Nguyen,McAllister,Price,Coleman,Foster,Diaz",
    ),
    _place(
        "London",
        "United Kingdom",
        "+44 20 7946",
        "Oliver,Amelia,Harry,Isla,George,Poppy,Priya,Arjun,Rhys,Siân,Hamish,Eilidh,Anne-Marie,Zainab,Imran,Florence",
        "Smith,Patel,Jones,Begum,Davies,O'Neill,Whitfield,Okafor,Singh,MacLeod,Ashworth,Taylor-Brown,Khan,Lloyd,Fenwick",
    ),
    _place(
        "Berlin",
        "Germany",
        "+49 30 23125",
        "Jürgen,Anja,Björn,Lena,Matthias,Käthe,Hans-Peter,Maximilian,Sören,Ülkü,Jörg,Mareike,Antje,Felix,Klara,Rüdiger",
        "Müller,Schröder,Weiß,Böhm,Krüger,von der Heide,Schäfer,Y\u0131ld\u0131z=Yildiz,Groß,Köhler,Vogt,Jäger,Öztürk",
    ),
    _place(
        "Lyon",
        "France",
        "+33 4 65 71",
        "Zoé,Léa,François,Hélène,Anaïs,Jean-Luc,Maëlle,Loïc,Chloé,Étienne,Mathilde,Noémie,Yannick,Cécile,Raphaël,Inès",
        "Lefèvre,D'Aubigné,Gauthier,Besançon,L'Hôte,de la Fontaine,Moreau,Chevalier,Béranger,Rousseau,Bénard,Traoré",
    ),
    _place(
        "Dublin",
        "Ireland",
        "+353 1 555",
        "Aoife,Ciarán,Niamh,Seán,Róisín,Oisín,Gráinne,Pádraig,Sinéad,Eoin,Siobhán,Fionn,Máire,Donnchadh,Clodagh,Tadhg",
        "O'Brien,Ó Súilleabháin,Byrne,Ní Dhomhnaill,Murphy,O'Reilly,Kavanagh,Mac Giolla Phádraig,Walsh,Doyle,Nolan",
    ),
    _place(
        "Kraków",
        "Poland",
        "+48 12 555",
        "Łukasz=Lukasz,Agnieszka,Paweł=Pawel,Małgorzata=Malgorzata,Zbigniew,Żaneta,Jędrzej,Ewa,Stanisław=Stanislaw,Ola",
        "Wójcik,Kowalczyk,Szczęsny,Dąbrowska,Zieliński,Żak,Grzegorzewska,Nowak,Wiśniewska,Łoś=Los,Pawłowski=Pawlowski",
    ),
    _place(
        "Zagreb",
        "Croatia (Hrvatska)",
        "+385 1 555",
        "Ivana,Josip,Željka,Marko,Nikša,Đurđica=Djurdjica,Ante,Mirela,Tomislav,Lucija,Krešimir,Zvonimira,Petra,Darko",
        "Horvat,Kovačević,Babić,Đurić=Djuric,Knežević,Šimunović,Perković,Vuković,Matijević,Žužul,Grgić,Lončar",
    ),
    _place(
        "São Paulo",
        "Brazil",
        "+55 11 5550",
        "João,Conceição,Thiago,Luíza,Antônio,Júlia,Caetano,Inês,Gonçalo,Beatriz,Maria Eduarda,Rafaela,Otávio,Iracema",
        "da Silva,Araújo,dos Santos e Souza,Gonçalves,Magalhães,Pinheiro,Falcão,Nascimento,Simões,Teixeira,Brandão",
    ),
    _place(
        "Tokyo",
        "Japan",
        "+81 3 5550",
        "陽子=Yoko,健太=Kenta,美咲=Misaki,翔=Sho,さくら=Sakura,大輔=Daisuke,直美=Naomi,誠=Makoto,葵=Aoi,優子=Yuko",
        "佐藤=Sato,鈴木=Suzuki,高橋=Takahashi,田中=Tanaka,渡辺=Watanabe,伊藤=Ito,山本=Yamamoto,中村=Nakamura,小林=Kobayashi",
        True,
    ),
    _place(
        "Shanghai",
        "China",
        "+86 21 5550",
        "伟=Wei,秀英=Xiuying,敏=Min,静=Jing,磊=Lei,洋=Yang,艳=Yan,娜=Na,芳=Fang,建国=Jianguo,小红=Xiaohong,志强=Zhiqiang",
        "王=Wang,李=Li,张=Zhang,刘=Liu,陈=Chen,杨=Yang,赵=Zhao,黄=Huang,周=Zhou,吴=Wu,欧阳=Ouyang,诸葛=Zhuge",
        True,
    ),
    _place(
        "Seoul",
        "Korea (South)",
        "+82 2 5550",
        "민준=Minjun,서연=Seoyeon,지훈=Jihoon,수빈=Subin,현우=Hyunwoo,지은=Jieun,은지=Eunji,성민=Seongmin,유진=Yujin",
        "김=Kim,이=Lee,박=Park,최=Choi,정=Jung,강=Kang,조=Cho,윤=Yoon,장=Jang,남궁=Namgung",
        True,
    ),
    _place(
        "Hanoi",
        "Viet Nam",
        "+84 24 5550",
        "Thị Hồng,Văn Đức=Van Duc,Minh Châu,Quốc Bảo,Thu Hà,Anh Tuấn,Ngọc Ánh,Hữu Phước,Bích Ngọc,Đình Khôi=Dinh Khoi",
        "Nguyễn,Trần,Lê,Phạm,Huỳnh,Vũ,Võ,Đặng=Dang,Bùi,Đỗ=Do,Ngô,Dương,Phan",
    ),
)

#: One in many is called like this: long enough to meet a limit somewhere.
LONG_NAMES: Final = (
    ("Maximiliane Konstantina Theodora Friederike Wilhelmine", "von und zu Hohenstein-Lindenbaum-Ravensburg"),
    (
        "Pedro Alcântara Francisco Antônio João Carlos Xavier de Paula",
        "Magalhães dos Santos e Souza de Albuquerque Falcão",
    ),
    (
        "Bartholomew Montgomery Fitzgerald",
        "Featherstonehaugh-Cholmondeley-Wriothesley-Beauchamp-Marjoribanks-Cavendish-Bentinck-Ponsonby-Mainwaring",
    ),
)

#: Department -> (division, job titles).
DEPARTMENTS: Final = {
    "Engineering": (
        "Product",
        ("Engineer", "Senior Engineer", "Staff Engineer", "Test Engineer", "Site Reliability Engineer"),
    ),
    "Research & Development": ("Product", ("Researcher", "Data Scientist", "Lab Technician", "Principal Researcher")),
    "Design": ("Product", ("Product Designer", "UX Researcher", "Design Lead")),
    "Sales": (
        "Revenue",
        ("Account Executive", "Sales Engineer", "Regional Director", "Sales Development Representative"),
    ),
    "Marketing": ("Revenue", ("Content Writer", "Brand Manager", "Event Manager", "Growth Analyst")),
    "Customer Success": ("Revenue", ("Support Engineer", "Customer Success Manager", "Onboarding Specialist")),
    "People & Culture": ("Operations", ("HR Business Partner", "Recruiter", "Learning Partner")),
    "Finance": ("Operations", ("Accountant", "Controller", "Payroll Specialist", "Financial Analyst")),
    "Legal": ("Operations", ("Counsel", "Paralegal", "Data Protection Officer")),
    "Logistics": ("Operations", ("Warehouse Associate", "Shift Lead", "Driver", "Planner")),
    "Qualité, Hygiène & Sécurité": ("Operations", ("Safety Officer", "Quality Auditor")),
    "Enterprise Transformation, Continuous Improvement & Regulatory Affairs": (
        "Operations",
        ("Analyst", "Programme Lead"),
    ),
}

#: The mail domain of each division: reserved names, where no mail can ever arrive.
DOMAINS: Final = {"Product": "example.com", "Revenue": "example.org", "Operations": "example.net"}
