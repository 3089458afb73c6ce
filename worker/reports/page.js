// The page is complete without this script, which only hides and folds rows. The filter is in the address, so it can be linked.
"use strict";

document.documentElement.classList.add("js");

document.addEventListener("DOMContentLoaded", () => {
  const search = document.getElementById("search");
  if (!search) {
    return;
  }
  const PAUSE_MS = 120;
  const shown = document.getElementById("shown");
  const nothing = document.getElementById("nothing");
  const listing = document.getElementById("groups");
  const folding = document.querySelector("button.fold");
  const clearing = document.querySelectorAll("button.clear");
  const buttons = [...document.querySelectorAll("button[data-action]")];
  const groups = [...document.querySelectorAll("details.group")].map((body) => ({
    action: body.dataset.action,
    body,
    matching: body.querySelector(".matching"),
    rows: [...body.querySelector("tbody").rows],
    head: "",
    texts: null,
    isWhole: true,
  }));
  const known = new Set(groups.map((group) => group.action));
  const total = groups.reduce((sum, group) => sum + group.rows.length, 0);
  const figure = (number) => number.toLocaleString("en");
  // "Muller" finds Müller, as it would in the systems that the values come from.
  const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  const stated = () => {
    const parameters = new URLSearchParams(location.hash.slice(1));
    const actions = (parameters.get("action") || "").split(",").filter((action) => known.has(action));
    return { actions: new Set(actions), query: parameters.get("q") || "" };
  };

  const state = (actions, query, isSameStep) => {
    const parts = [];
    if (actions.size) {
      parts.push("action=" + [...actions].map(encodeURIComponent).join(","));
    }
    if (query.trim()) {
      parts.push("q=" + encodeURIComponent(query));
    }
    const address = location.href.split("#")[0] + (parts.length ? "#" + parts.join("&") : "");
    if (address !== location.href) {
      history[isSameStep ? "replaceState" : "pushState"](null, "", address);
    }
    apply();
  };

  const showMatching = (group, words) => {
    if (!words.length) {
      if (!group.isWhole) {
        group.rows.forEach((row) => { row.hidden = false; });
        group.isWhole = true;
      }
      return group.rows.length;
    }
    if (!group.texts) {
      const said = [...group.body.querySelectorAll(".badge, .said, .about p")];
      group.head = folded(said.map((one) => one.textContent).join("\n"));
      group.texts = group.rows.map((row) => folded(row.textContent));
    }
    const sought = words.filter((word) => !group.head.includes(word));
    group.isWhole = false;
    let matching = 0;
    group.rows.forEach((row, index) => {
      const matches = sought.every((word) => group.texts[index].includes(word));
      matching += matches;
      if (row.hidden === matches) {
        row.hidden = !matches;
      }
    });
    return matching;
  };

  const apply = () => {
    const { actions, query } = stated();
    const words = folded(query).split(/\s+/).filter(Boolean);
    let visible = 0;
    for (const group of groups) {
      const isOn = !actions.size || actions.has(group.action);
      const matching = isOn ? showMatching(group, words) : 0;
      group.body.hidden = matching === 0;
      if (words.length && matching) {
        group.body.open = true;
      }
      group.matching.textContent = matching < group.rows.length ? `${figure(matching)} of ` : "";
      visible += matching;
    }
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(actions.has(button.dataset.action)));
    }
    if (document.activeElement !== search || search.value.trim() !== query.trim()) {
      search.value = query;
    }
    shown.textContent = `${figure(visible)} of ${figure(total)} shown`;
    listing.hidden = visible === 0;
    nothing.hidden = visible > 0;
    clearing.forEach((button) => { button.hidden = !actions.size && !words.length; });
  };

  const showFolding = () => {
    folding.textContent = groups.some((group) => group.body.open) ? "Collapse all" : "Expand all";
  };
  folding.hidden = groups.length < 2;
  folding.addEventListener("click", () => {
    const open = !groups.some((group) => group.body.open);
    groups.forEach((group) => { group.body.open = open; });
  });
  // This event does not bubble.
  groups.forEach((group) => group.body.addEventListener("toggle", showFolding));
  showFolding();

  // One burst of typing is one entry of the history, however many pauses it had.
  let isTyping = false;
  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const wasTyping = isTyping;
      isTyping = true;
      state(stated().actions, search.value, wasTyping);
    }, PAUSE_MS);
  });
  const settle = () => {
    clearTimeout(timer);
    isTyping = false;
  };
  search.addEventListener("change", () => { isTyping = false; });

  for (const button of buttons) {
    button.addEventListener("click", () => {
      settle();
      const { actions } = stated();
      if (!actions.delete(button.dataset.action)) {
        actions.add(button.dataset.action);
      }
      state(actions, search.value, false);
    });
  }
  clearing.forEach((button) => button.addEventListener("click", () => {
    settle();
    search.value = "";
    state(new Set(), "", false);
    search.focus();
  }));
  addEventListener("hashchange", () => {
    settle();
    apply();
  });
  apply();
});
