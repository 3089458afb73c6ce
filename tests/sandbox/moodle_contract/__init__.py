"""What the product relies on in a Moodle, as tests.

They run on each kind of the sandbox server, or on the Moodle that two variables name:

    MOODLE_CONTRACT_URL=https://moodle.example.com MOODLE_CONTRACT_TOKEN=... pytest tests/sandbox/moodle_contract

They judge by error code and know where versions and databases differ. The files test_sandbox_*.py need switches that
only the sandbox server has, and run on it in any case.

The token needs the four functions and the minimum capabilities. core_webservice_get_site_info tells the version, which
is otherwise named by MOODLE_CONTRACT_RELEASE (4.5). core_user_delete_users lets the suite delete its accounts, which
are otherwise suspended and named at the end. MOODLE_CONTRACT_AUTH names another authentication plugin than oidc, of
those that store no password in Moodle. Five custom profile fields are tested where the site has them: cttext (text,
at most 12 characters), cttextarea, ctmenu (Junior, the default, and Senior), ctcheckbox, and ctdatetime (2000 to 2050,
without a time).
"""
