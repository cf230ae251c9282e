// What makes the console quicker for whoever has script: nothing here is needed for anything.
"use strict";
(() => {
  const every = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Times in the reader's zone; the exact one in UTC stays in the title.
  const show = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  for (const time of every("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.valueOf())) time.textContent = show.format(at);
  }

  // Copying what stands in another element.
  for (const button of every("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      const before = button.textContent;
      button.textContent = button.dataset.copied;
      setTimeout(() => { button.textContent = before; }, 2000);
    });
  }

  // One box for all boxes of a table.
  for (const all of every("[data-all]")) {
    all.hidden = false;
    const boxes = () => every(`input[type=checkbox][name="${all.dataset.all}"]`);
    all.addEventListener("change", () => { for (const box of boxes()) box.checked = all.checked; });
  }

  const open = (dialog) => { dialog.hidden = false; dialog.showModal(); dialog.addEventListener("close", () => { dialog.hidden = true; }, { once: true }); };
  const help = document.getElementById("help");
  for (const button of every("[data-help]")) { button.hidden = false; button.addEventListener("click", () => open(help)); }

  // Keys of one character can be turned off (WCAG 2.2, 2.1.4), in this browser.
  const keys = help.querySelector("[data-keys]");
  try { keys.checked = localStorage.getItem("rollcall-keys") !== "off"; } catch { keys.checked = true; }
  keys.addEventListener("change", () => { try { localStorage.setItem("rollcall-keys", keys.checked ? "on" : "off"); } catch { /* then for this page alone */ } });
  const palette = document.getElementById("palette");

  // The palette: the ways of this page, and what the server finds.
  const input = palette.querySelector("input");
  const list = palette.querySelector("ul");
  let chosen = 0, asked = 0;
  const entries = () => every("li", list);
  const choose = (n) => {
    const all = entries();
    chosen = all.length ? (n + all.length) % all.length : 0;
    all.forEach((entry, index) => entry.setAttribute("aria-selected", String(index === chosen)));
    if (all[chosen]) { all[chosen].scrollIntoView({ block: "nearest" }); input.setAttribute("aria-activedescendant", all[chosen].id); }
  };
  const fill = (found) => {
    list.replaceChildren(...found.map(({ text, kind, to }, index) => {
      const entry = document.createElement("li");
      entry.id = `palette-${index}`;
      entry.setAttribute("role", "option");
      entry.textContent = kind ? `${text} · ${kind}` : text;
      entry.addEventListener("click", () => { location.href = to; });
      entry.dataset.to = to;
      return entry;
    }));
    choose(0);
  };
  const look = async () => {
    const text = input.value.trim(), turn = ++asked;
    const ways = every(".ways a").map((way) => ({ text: way.textContent, to: way.getAttribute("href") }))
      .filter((way) => way.text.toLowerCase().includes(text.toLowerCase()));
    fill(ways);
    if (text.length < 2) return;
    const answer = await fetch(`/console/find?q=${encodeURIComponent(text)}`, { headers: { accept: "application/json" } });
    if (answer.ok && turn === asked) fill([...ways, ...await answer.json()]);
  };
  const openPalette = () => { input.value = ""; open(palette); input.focus(); look(); };
  input.addEventListener("input", look);
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); choose(chosen + step); }
    if (event.key === "Enter") { event.preventDefault(); const entry = entries()[chosen]; if (entry) location.href = entry.dataset.to; }
  });
  for (const button of every("button[data-palette]")) { button.hidden = false; button.addEventListener("click", openPalette); }

  // Keys, wherever nothing is being typed.
  let after = "";
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "k" && document.querySelector(".ways")) { event.preventDefault(); openPalette(); return; }
    if (!keys.checked || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
    const before = after;
    after = "";
    if (before === "g") {
      const way = document.querySelector(`.ways a[data-key="${CSS.escape(event.key)}"]`);
      if (way) { event.preventDefault(); way.click(); }
    } else if (event.key === "g") {
      after = "g";
      setTimeout(() => { after = ""; }, 1500);
    } else if (event.key === "/") {
      const search = document.querySelector("main input[type=search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    } else if (event.key === "?") {
      open(help);
    }
  });
})();
