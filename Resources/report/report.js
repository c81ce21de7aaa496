"use strict";
// Filters, the list of all questions and the picture viewer. All text enters the page through
// textContent, never as markup.
(() => {
  const PER_PAGE = 50;
  const NO_CATEGORY = "no category"; // as in report/summary.py
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("report-data").textContent);
  const items = data.items;
  // Answers stand as lists (report/embedded.py); a failure is whatever is not an answer.
  const standingOf = (answer) => answer.outcome !== "answered" ? "failed"
    : answer.correct === null ? "undecided" : answer.correct ? "right" : "wrong";
  items.forEach((item) => {
    item.answers = item.answers.map((cells) => {
      const answer = Object.fromEntries(data.answer_columns.map((name, at) => [name, cells[at] ?? null]));
      answer.backend = data.answer_backends[answer.backend];
      answer.text = answer.text ?? "";
      answer.standing = standingOf(answer);
      return answer;
    });
  });
  const cards = Array.from(document.querySelectorAll(".card"));
  const cardOf = new Map(cards.map((card) => [card.dataset.questionId, card]));
  const chosen = { backend: "", standing: "", category: "", words: "" };
  // Filters stand in the address as #model=...&answer=...; a card as #q-....
  const IN_ADDRESS = { backend: "model", standing: "answer", category: "category", words: "search" };
  let found = items;
  let page = 0;

  // The same rule as the page's own text (report/wording.py): nothing hidden, nothing reversed.
  const hidden = /(?![\u200c\u200d\n\t])[\p{Cc}\p{Cf}\p{Cs}]/gu;
  const visible = (text) => text.replace(/\r\n?|[\u2028\u2029]/g, "\n").replace(
    hidden, (one) => `[U+${one.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);

  const searched = new Map();
  function textOf(item) {
    if (!searched.has(item)) {
      const parts = [item.question_id, item.question, item.reference];
      item.answers.forEach((answer) => parts.push(answer.text, answer.error_type || ""));
      searched.set(item, parts.join("\n").replaceAll("_", " ").toLowerCase());
    }
    return searched.get(item);
  }

  function fits(item) {
    const categories = item.categories.length ? item.categories : [NO_CATEGORY];
    if (chosen.category && !categories.some((one) => visible(one) === chosen.category)) return false;
    if ((chosen.backend || chosen.standing) && !item.answers.some((answer) =>
      (!chosen.backend || visible(answer.backend) === chosen.backend) &&
      (!chosen.standing || answer.standing === chosen.standing))) return false;
    return chosen.words.split(/\s+/).every((word) => textOf(item).includes(word));
  }

  function element(name, className, text) {
    const created = document.createElement(name);
    if (className) created.className = className;
    if (text !== undefined) created.textContent = visible(text);
    return created;
  }

  function markOf(standing) {
    const made = byId("filters").querySelector(`[data-value="${standing}"] svg`).cloneNode(true);
    made.removeAttribute("aria-hidden");
    made.setAttribute("role", "img");
    made.setAttribute("aria-label", standing === "failed" ? "no answer" : standing);
    return made;
  }

  function rowOf(item) {
    const row = element("tr");
    const asked = element("td");
    asked.append(element("p", "asked", item.question), element("p", "true", item.reference));
    const id = element("p", "id");
    const card = cardOf.get(visible(item.question_id));
    const label = element(card ? "a" : "span", "", item.question_id);
    if (card) label.href = "#" + card.id;
    id.append(label);
    asked.append(id);
    const said = element("td");
    item.answers.forEach((answer) => {
      const line = element("p", "line");
      const text = element("span");
      text.append(element("b", "", answer.backend), " ");
      text.append(element("bdi", "", answer.text.length > 240 ? answer.text.slice(0, 240) + "…" : answer.text));
      const kind = answer.standing === "failed" ? answer.outcome : answer.error_type;
      if (kind) text.append(" ", element("span", "error", kind.replaceAll("_", " ")));
      line.append(markOf(answer.standing), text);
      said.append(line);
    });
    row.append(asked, said);
    return row;
  }

  function showList() {
    const list = byId("list");
    if (!list) return;
    const pages = Math.max(1, Math.ceil(found.length / PER_PAGE));
    page = Math.min(Math.max(page, 0), pages - 1);
    const head = element("tr");
    [["Question and true answer"], ["Answers"]].forEach(([name]) => {
      const cell = element("th", "", name);
      cell.scope = "col";
      head.append(cell);
    });
    list.replaceChildren(head, ...found.slice(page * PER_PAGE, (page + 1) * PER_PAGE).map(rowOf));
    const pager = byId("pager");
    pager.hidden = pages < 2;
    pager.querySelector("span").textContent = `Page ${page + 1} of ${pages}`;
    pager.querySelector('[data-step="-1"]').disabled = page === 0;
    pager.querySelector('[data-step="1"]').disabled = page === pages - 1;
  }

  function show() {
    found = items.filter(fits);
    const ids = new Set(found.map((item) => visible(item.question_id)));
    let shown = 0;
    cards.forEach((card) => {
      card.hidden = !ids.has(card.dataset.questionId);
      if (!card.hidden) shown += 1;
    });
    byId("none").hidden = shown > 0 || cards.length === 0;
    byId("matches").textContent = cards.length < items.length
      ? `${found.length} of ${items.length} questions, ${shown} of ${cards.length} cards`
      : `${shown} of ${items.length} questions`;
    page = 0;
    showList();
  }

  function choose(name, value) {
    chosen[name] = name === "words" ? value.trim().replaceAll("_", " ").toLowerCase() : value;
    show();
    const address = new URLSearchParams();
    Object.entries(IN_ADDRESS).forEach(([filter, key]) => {
      if (chosen[filter]) address.set(key, chosen[filter]);
    });
    const fragment = address.toString();
    history.replaceState(null, "", "#" + (fragment || "questions"));
  }

  function press(group, value) {
    group.querySelectorAll("button").forEach((button) =>
      button.setAttribute("aria-pressed", String(button.dataset.value === value)));
  }

  // An address is text from outside: a value that no button and no choice has is passed over.
  function showAsAddressed() {
    const fragment = location.hash.slice(1);
    const address = new URLSearchParams(fragment.includes("=") ? fragment : "");
    const card = byId(fragment);
    if (!address.size && !(card && card.hidden)) return;
    document.querySelectorAll("[data-filter]").forEach((control) => {
      const name = control.dataset.filter;
      let value = address.get(IN_ADDRESS[name]) ?? "";
      if (control.matches("[role=group]")) {
        if (![...control.querySelectorAll("button")].some((button) => button.dataset.value === value)) value = "";
        press(control, value);
      } else {
        control.value = value;
        if (control.value !== value) value = control.value = "";
      }
      chosen[name] = name === "words" ? value.trim().replaceAll("_", " ").toLowerCase() : value;
    });
    show();
    (card || byId("questions")).scrollIntoView();
  }

  document.querySelectorAll("[data-filter] button").forEach((button) => {
    button.addEventListener("click", () => {
      const group = button.closest("[data-filter]");
      press(group, button.dataset.value);
      choose(group.dataset.filter, button.dataset.value);
    });
  });
  document.querySelectorAll("select[data-filter], input[data-filter]").forEach((control) => {
    control.addEventListener("input", () => choose(control.dataset.filter, control.value));
  });

  // Each picture is stored once; the other questions that show it take it from the first.
  document.querySelectorAll("img[data-same]").forEach((picture) => {
    picture.src = byId(picture.dataset.same).src;
  });

  const pager = byId("pager");
  if (pager) pager.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]");
    if (!step) return;
    page += Number(step.dataset.step);
    showList();
    byId("all").scrollIntoView();
  });

  const lightbox = byId("lightbox");
  document.querySelectorAll(".zoom").forEach((button) => {
    button.addEventListener("click", () => {
      const picture = button.querySelector("img");
      const large = lightbox.querySelector("img");
      large.src = picture.src;
      large.alt = picture.alt;
      const note = button.parentElement.querySelector("figcaption");
      lightbox.querySelector("p").textContent = note ? note.textContent : "";
      lightbox.showModal();
    });
  });
  lightbox.addEventListener("click", (event) => {
    if (event.target === lightbox) lightbox.close();
  });

  // What is folded on the screen is printed too; lazily loaded pictures must be there before the paper is.
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details:not([open])").forEach((one) => { one.open = true; one.dataset.printed = ""; });
    document.querySelectorAll("img[loading=lazy]").forEach((one) => { one.loading = "eager"; });
  });
  window.addEventListener("afterprint", () => {
    document.querySelectorAll("details[data-printed]").forEach((one) => { one.open = false; delete one.dataset.printed; });
  });

  byId("filters").hidden = false;
  show();
  window.addEventListener("hashchange", showAsAddressed);
  showAsAddressed();
})();
