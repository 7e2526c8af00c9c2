/* SPDX-License-Identifier: Apache-2.0 */
/* Comforts of the HTML report: sorting tables, copying values. All can be read without it. */
(function () {
	"use strict";
	var doc = document, root = doc.documentElement, say = doc.body.dataset;
	root.classList.add("js");

	/* A row's key: the number in data-s, else the text. */
	function key(row, col) {
		var cell = row.cells[col];
		return !cell ? "" : cell.dataset.s !== undefined ? +cell.dataset.s : cell.textContent.trim();
	}
	/* Findings are two rows in a tbody of their own and move together. */
	function sort(table, th, col) {
		var was = th.getAttribute("aria-sort");
		var down = was ? was === "ascending" : th.classList.contains("n");
		var one = table.tBodies.length === 1;
		var groups = Array.prototype.slice.call(one ? table.tBodies[0].rows : table.tBodies);
		var keyed = groups.map(function (g, i) { return { g: g, k: key(one ? g : g.rows[0], col), i: i }; });
		keyed.sort(function (a, b) {
			var d = typeof a.k === "number" && typeof b.k === "number" ? a.k - b.k : String(a.k).localeCompare(String(b.k), root.lang, { numeric: true });
			return (down ? -d : d) || a.i - b.i;
		});
		var into = one ? table.tBodies[0] : table;
		keyed.forEach(function (x) { into.appendChild(x.g); });
		Array.prototype.forEach.call(table.tHead.rows[0].cells, function (c) { c.removeAttribute("aria-sort"); });
		th.setAttribute("aria-sort", down ? "descending" : "ascending");
	}
	Array.prototype.forEach.call(doc.querySelectorAll("table.sort"), function (table) {
		Array.prototype.forEach.call(table.tHead.rows[0].cells, function (th, col) {
			/* No button element: a heading that holds one is not repeated on every sheet of paper. */
			var b = doc.createElement("span");
			b.setAttribute("role", "button");
			b.tabIndex = 0;
			b.title = say.sort;
			b.textContent = th.textContent;
			th.textContent = "";
			th.appendChild(b);
			b.addEventListener("click", function () { sort(table, th, col); });
			b.addEventListener("keydown", function (e) {
				if (e.key === "Enter" || e.key === " ") { e.preventDefault(); sort(table, th, col); }
			});
		});
	});

	/* Values stand defanged in the page; undo that when they are copied raw. */
	function raw(s) { return s.replace(/\[([.:])\]/g, "$1").replace(/hxxp/gi, function (m) { return m[1] === "X" ? "HTTP" : "http"; }); }
	var pop = null;
	function close() { if (pop) { pop.remove(); pop = null; } }
	function open(code) {
		close();
		var shown = code.textContent, plain = raw(shown), box = code.getBoundingClientRect();
		var menu = pop = doc.createElement("div");
		pop.className = "pop";
		pop.setAttribute("role", "menu");
		[[say.raw, plain], [say.defanged, shown], [say.command, "nezumi check '" + plain.replace(/'/g, "'\\''") + "'"]].forEach(function (x) {
			var b = doc.createElement("button");
			b.type = "button";
			b.setAttribute("role", "menuitem");
			b.textContent = x[0];
			b.addEventListener("click", function () {
				if (!navigator.clipboard) { return close(); }
				navigator.clipboard.writeText(x[1]).then(function () {
					var o = doc.createElement("output");
					o.textContent = say.copied;
					menu.replaceChildren(o);
					setTimeout(function () { if (pop === menu) { close(); code.focus(); } }, 900);
				}, close);
			});
			pop.appendChild(b);
		});
		pop.style.left = Math.max(8, Math.min(box.left, root.clientWidth - 190)) + scrollX + "px";
		pop.style.top = box.bottom + scrollY + 4 + "px";
		doc.body.appendChild(pop);
		pop.firstChild.focus();
	}
	Array.prototype.forEach.call(doc.querySelectorAll("code"), function (c) {
		c.setAttribute("role", "button");
		c.setAttribute("aria-haspopup", "menu");
		c.title = say.copy;
		/* Not every one of them a stop for the tab key: that would be hundreds. */
		if (c.closest(".values")) { c.tabIndex = 0; }
	});
	doc.addEventListener("click", function (e) {
		var c = e.target.closest && e.target.closest("code[role=button]");
		if (c) { open(c); } else if (!e.target.closest(".pop")) { close(); }
	});
	doc.addEventListener("keydown", function (e) {
		if (e.key === "Escape") { close(); }
		if ((e.key === "Enter" || e.key === " ") && e.target.matches && e.target.matches("code[role=button]")) { e.preventDefault(); open(e.target); }
	});
}());
