// The page of `sluice web`: asks for tables, follows figures, and writes both as text, never as markup.
"use strict";

const PIECE = 20; // rows that are written at once: no task is long
const TYPING_MS = 150;
const find = (id) => document.getElementById(id);

let view = "routes", argument = "", offset = 0, version = 0, turn = 0;
let figures = { processes: [] };

// ---- elements ----

function element(tag, text, name) {
	const made = document.createElement(tag);
	if (text !== undefined)
		made.textContent = text;
	if (name)
		made.className = name;
	return made;
}

function setText(node, text) {
	if (node.textContent !== text)
		node.textContent = text;
}

function link(text, ...parts) {
	const made = element("a", text);
	made.href = "#" + parts.map(encodeURIComponent).join("/");
	return made;
}

const pause = () => new Promise((resolve) => setTimeout(resolve));
const number = (n) => n.toLocaleString("en", { maximumFractionDigits: 1 });
const nameOf = (row) => (row.namespace ? row.namespace + "/" : "") + row.name;
const placeOf = (row) => row.from + (row.match === "regex" ? " ~ " : row.match === "path" ? " = " : " ") + row.path;
const dateOf = (text) => (text || "").replace("T", " ").replace("Z", "");
const ownerLink = (row) => link(nameOf(row), "ingress", row.kind, row.namespace || "", row.name);

const STATES = { served: "good", "last good": "warn", rejected: "bad", ignored: "quiet" };
const ACCESS = { public: "warn", nobody: "quiet" };

// ---- tables: columns are [label, what goes into the cell, class] ----

function destinations(row) {
	const to = row.to || [];
	return to.length > 1 ? to[0] + " +" + (to.length - 1) : to[0] || "";
}

function lastSentence(row) {
	return row.sentence || (row.mended ? "mended: " + row.mended : "");
}

function owners(row) {
	const all = element("div");
	row.owners.forEach((owner, i) => {
		const line = element("p");
		line.append(ownerLink(owner), i ? " loses" : " serves");
		all.append(line);
	});
	return all;
}

function daysLeft(row) {
	const days = Math.floor((Date.parse(row.not_after) - Date.now()) / 86400000);
	return element("span", days < 0 ? "expired" : days + " days", days < 7 ? "bad" : days < 30 ? "warn" : "");
}

const ROUTE = [
	["Ingress", ownerLink],
	["Route", (row) => (row.from ? placeOf(row) : "")],
	["To", destinations],
	["Access", (row) => element("span", row.access || "", ACCESS[row.access]), "narrow"],
];

const VIEWS = {
	routes: {
		title: "Routes",
		about: "In the order in which the proxy asks them; then Ingresses without a route.",
		columns: ROUTE.concat([
			["State", (row) => element("span", row.state, STATES[row.state]), "narrow"],
			["Last sentence", lastSentence],
		]),
		count: (said) => `${number(said.matched)} rows; Ingresses: ` +
			Object.entries(said.owners).map(([state, n]) => `${number(n)} ${state}`).join(", "),
	},
	conflicts: {
		title: "Conflicts",
		about: "Places that several owners have a route for. The first one serves.",
		columns: [["Route", placeOf], ["Owners", owners]],
		count: (said) => `${number(said.matched)} conflicts`,
	},
	certificates: {
		title: "Certificates",
		about: "By the end of their validity.",
		columns: [
			["Secret", (row) => row.secret],
			["Names", (row) => row.names.join(", ")],
			["Ends", (row) => dateOf(row.not_after)],
			["Left", daysLeft, "narrow"],
			["Published", (row) => (row.published ? "yes" : "no: it serves no host"), "narrow"],
		],
		count: (said) => `${number(said.matched)} certificates`,
	},
	held: {
		title: "Held back",
		about: "What the guard against mass deletion (--max-delete-share) keeps although nobody wants it any more. " +
			"If that is meant, give the Pomerium object the annotation ingress.pomerium.io/allow-mass-delete: \"true\".",
		columns: [["Record", (row) => row.record], ["Routes", (row) => number(row.routes), "narrow"]],
		count: (said) => (said.matched ? `${number(said.routes)} routes of ${number(said.matched)} owners are held back` : "Nothing is held back."),
	},
	changes: {
		title: "Changes",
		about: "What became of Ingresses, the last first.",
		columns: [
			["When", (row) => dateOf(row.at)],
			["Ingress", ownerLink],
			["What", (row) => element("span", row.what, { rejected: "bad", "last good": "warn" }[row.what]), "narrow"],
			["Sentence", (row) => row.sentence || ""],
		],
		count: (said) => `${number(said.matched)} changes`,
	},
	processes: {
		title: "Processes",
		about: "The figures of the picture, of every process; rates are per second.",
		columns: [
			["Process", (row) => `${row.room === "translator" && row.settings ? "settings" : row.room} ${row.pid}`],
			["Ready", (row) => element("span", row.ready ? "yes" : "no", row.ready ? "good" : "bad"), "narrow"],
			["In", (row) => number(row.in), "narrow"],
			["Out", (row) => number(row.out), "narrow"],
			["Queued", (row) => number(row.queued), "narrow"],
			["CPU", (row) => number(row.cpu) + " %", "narrow"],
			["Memory", (row) => number(row.memory) + " MB", "narrow"],
			["Why not, or last error", (row) => row.why_not || row.last_error || ""],
		],
		count: (said) => `${said.rows.length} processes`,
	},
	url: { title: "Which route", about: "Which route serves a URL, and which others match it and lose." },
	ingress: { title: "Ingress", about: "" },
};

function fillCell(cell, label, content) {
	if (content instanceof Node) {
		if (!cell.firstChild || !cell.firstChild.isEqualNode(content) || cell.childNodes.length > 1)
			cell.replaceChildren(content);
	} else if (cell.firstElementChild || cell.textContent !== content) {
		cell.textContent = content;
	}
	if (cell.dataset.label !== label)
		cell.dataset.label = label;
}

function fillRow(line, columns, row) {
	columns.forEach(([label, content], i) => {
		let cell = line.children[i];
		if (!cell) {
			cell = element("td");
			cell.setAttribute("role", "cell");
			line.append(cell);
		}
		fillCell(cell, label, content(row));
	});
	while (line.children.length > columns.length)
		line.lastChild.remove();
}

function setColumns(columns) {
	find("columns").replaceChildren(...columns.map(([label, , name]) => {
		const head = element("th", label, name);
		head.setAttribute("role", "columnheader");
		head.scope = "col";
		return head;
	}));
}

// Rows that are there are written over: a link in them keeps the focus.
async function setRows(columns, rows, mine) {
	const body = find("rows");
	for (let i = 0; i < rows.length; i++) {
		if (i % PIECE === PIECE - 1)
			await pause();
		if (mine !== turn)
			return;
		let line = body.children[i];
		if (!line) {
			line = element("tr");
			line.setAttribute("role", "row");
			body.append(line);
		}
		fillRow(line, columns, rows[i]);
	}
	while (body.children.length > rows.length)
		body.lastChild.remove();
}

// ---- one Ingress, one URL ----

const REST = {
	equal: "as wanted", older: "an older state; the newer one is on its way", "not yet": "not yet; it is on its way",
	nothing: "nothing", "not read yet": "unknown: the databroker was not read yet",
};

function fact(list, label, ...contents) {
	const filled = contents.filter((content) => content !== undefined && content !== "");
	if (!filled.length)
		return;
	list.append(element("dt", label));
	for (const content of filled) {
		const line = element("dd");
		line.append(content);
		list.append(line);
	}
}

function reference(ref) {
	const addresses = ref.addresses ? ref.addresses.length ? ", " + ref.addresses.join(", ") : ", no ready address: its cluster DNS name is used" : "";
	return `${ref.kind} ${nameOf(ref)}: ${ref.state}${addresses}`;
}

function routeLine(route) {
	const match = ["path", "prefix", "regex"].filter((key) => route[key]).map((key) => `${key} ${route[key]}`).join(" ");
	const to = (route.to || []).join(", ") || (route.redirect ? "a redirect" : route.response ? "a response" : "nothing");
	return `${route.from} ${match || "prefix /"} → ${to}${route.access ? ", access: " + route.access : ""}`;
}

function storedLine(stored) {
	if (!stored)
		return "";
	const place = stored.file ? `file ${stored.file}` : stored.record ? `record ${stored.record}, version ${stored.version || 0}` : "";
	return (REST[stored.state] || stored.state || "") + (place ? ` (${place})` : "") + (stored.writer === false ? "; another replica writes" : "");
}

function sentencesOf(made, severity) {
	return (made.diagnostics || []).filter((item) => item.severity === severity)
		.map((item) => item.sentence + (item.code ? ` [${item.code}]` : ""));
}

function showIngress(said) {
	const list = element("dl"), known = said.resolver || {}, made = said.publisher || {};
	fact(list, "resolver", said.resolver ? known.error : "does not answer");
	if (known.name) {
		if (known.managed !== undefined)
			fact(list, "managed", known.managed ? `yes, class ${known.class || "by default"}` : `no: ${known.why_not}`);
		fact(list, "state", `${known.state}, translation: ${known.queue}`);
		fact(list, "reason", known.reason);
		fact(list, "refers to", ...(known.references || []).map(reference));
	}
	fact(list, "publisher", said.publisher ? made.error : "does not answer");
	if (made.name) {
		fact(list, "routes", ...(made.routes || []).map(routeLine));
		fact(list, "certificates", ...(made.certificates || []));
		fact(list, "rejected", made.rejected && `since ${dateOf(made.rejected_since)}`, ...sentencesOf(made, "error"));
		fact(list, "warning", ...sentencesOf(made, "warning"));
		fact(list, "last error", made.last_error && `until ${dateOf(made.mended_since)}: ${made.last_error}`);
		fact(list, "waits for", made.waits_for);
		fact(list, "since", dateOf(made.since));
		fact(list, "stored", storedLine(made.stored));
	}
	find("facts").replaceChildren(list);
}

function winner(route) {
	const line = element("span");
	line.append(placeOf(route) + " → " + (route.to.join(", ") || "nothing") + ", access: " + route.access + ", of ", ownerLink(route));
	return line;
}

function showUrl(said) {
	const list = element("dl");
	if (said.error)
		fact(list, "error", said.error);
	else if (said.route)
		fact(list, "route", winner(said.route));
	else
		fact(list, "route", said.answered_by_pomerium ? "none: Pomerium answers this path of every host itself"
			: said.has_host ? "none: the host has routes, but none for this path" : "none: no route is for this host");
	fact(list, "others", ...(said.others || []).map((other) => {
		const line = winner(other);
		line.append(": " + other.why_not);
		return line;
	}));
	fact(list, "note", ...(said.notes || []));
	find("facts").replaceChildren(list);
}

// ---- ask ----

function question() {
	const ask = new URLSearchParams();
	if (view === "url") {
		ask.set("url", argument);
		return "api/url?" + ask;
	}
	if (view === "ingress") {
		const [kind, namespace, name] = argument.split("/");
		ask.set("kind", kind);
		ask.set("namespace", namespace);
		ask.set("name", name);
		return "api/explain?" + ask;
	}
	ask.set("offset", offset);
	if (view === "routes") {
		ask.set("q", find("words").value);
		ask.set("state", find("state").value);
	}
	return `api/${view}?${ask}`;
}

function setTrouble(sentence) {
	const shown = find("trouble");
	shown.hidden = !sentence;
	setText(shown, sentence || "");
}

function setPages(said) {
	const last = said.offset + said.rows.length;
	find("pages").hidden = !said.offset && last >= said.matched;
	find("before").disabled = !said.offset;
	find("after").disabled = last >= said.matched;
	return said.rows.length < said.matched && said.rows.length ? `, rows ${number(said.offset + 1)} to ${number(last)}` : "";
}

async function showTable(said, mine) {
	const columns = VIEWS[view].columns;
	const pages = setPages(said);
	setText(find("count"), VIEWS[view].count(said) + pages);
	await setRows(columns, said.rows, mine);
	if (mine === turn)
		find("table").hidden = !said.rows.length;
}

async function refresh() {
	const mine = ++turn;
	if (view === "processes") {
		await showTable({ rows: figures.processes, offset: 0, matched: figures.processes.length }, mine);
		return;
	}
	if (view === "url" && !argument)
		return;
	let said;
	try {
		said = await (await fetch(question())).json();
	} catch {
		setTrouble("The page's server does not answer.");
		return;
	}
	if (mine !== turn)
		return;
	setTrouble(said.trouble || (said.rows || view === "url" || view === "ingress" ? "" : said.error));
	if (view === "url")
		showUrl(said);
	else if (view === "ingress")
		showIngress(said);
	else if (said.rows)
		await showTable(said, mine);
}

// ---- views ----

function show() {
	const [name, ...parts] = location.hash.slice(1).split("/");
	view = VIEWS[name] ? name : "routes";
	argument = view === "url" ? decode(parts.join("/")) : parts.map(decode).join("/");
	offset = 0;
	turn++;
	const shown = VIEWS[view];
	setText(find("title"), view === "ingress" ? argument.split("/").filter(Boolean).join(" ").replace(/ ([^ ]*)$/, argument.split("/")[1] ? "/$1" : " $1") : shown.title);
	document.title = find("title").textContent + " · Sluice";
	setText(find("about"), shown.about);
	setText(find("count"), "");
	find("search").hidden = view !== "routes";
	find("ask").hidden = view !== "url";
	if (view === "url")
		find("address").value = argument;
	find("table").hidden = find("pages").hidden = true;
	find("facts").replaceChildren();
	find("rows").replaceChildren();
	if (shown.columns)
		setColumns(shown.columns);
	for (const a of document.querySelectorAll("nav a"))
		if (a.hash === "#" + view)
			a.setAttribute("aria-current", "page");
		else
			a.removeAttribute("aria-current");
	return refresh();
}

function decode(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

// ---- the picture ----

const BOXES = [
	["watcher", (p) => [`${number(p.objects || 0)} objects sent`]],
	["resolver", (p) => [`${number(p.owners || 0)} owners`,
		`${number((p.waiting || 0) + (p.big || 0) + (p.settings || 0))} jobs wait, ${number(p.in_flight || 0)} under way`,
		...(p.set_aside ? [`${number(p.set_aside)} set aside: they crashed translators or held them up`] : [])]],
	["translator", (p, all) => [`${number(all.filter((q) => q.settings).length)} for the settings`]],
	["publisher", (p) => [`${number(p.routes || 0)} routes, ${number(p.rejected || 0)} owners rejected`, `${number(p.writes || 0)} writes${p.guard ? ", the guard holds back" : ""}`]],
];

function boxLines(room, more) {
	const all = figures.processes.filter((p) => p.room === room);
	const sum = (key) => all.reduce((total, p) => total + p[key], 0);
	if (!all.length)
		return ["does not run"];
	return [
		all.every((p) => p.ready) ? (all.length > 1 ? `${all.length} are ready` : "ready") : "not ready: " + (all.find((p) => !p.ready).why_not || ""),
		`in ${number(sum("in"))}/s, out ${number(sum("out"))}/s`,
		...more(all[0], all),
		`${number(sum("cpu"))} % CPU, ${number(sum("memory"))} MB`,
	];
}

function fillBox(box, lines) {
	lines.forEach((line, i) => {
		if (!box.children[i + 1])
			box.append(element("p"));
		setText(box.children[i + 1], line);
	});
	while (box.children.length > lines.length + 1)
		box.lastChild.remove();
}

function endBox(title, line) {
	const box = element("li", undefined, "end");
	box.append(element("h3", title), element("p", line));
	return box;
}

function drawPicture() {
	find("pipeline").replaceChildren(
		endBox("Kubernetes", "or manifests"),
		...BOXES.map(([room]) => {
			const box = element("li");
			box.append(element("h3", room));
			return box;
		}),
		endBox("Pomerium", "the databroker, or a file"));
}

function showFigures() {
	BOXES.forEach(([room, more], i) => {
		const box = find("pipeline").children[i + 1];
		const all = figures.processes.filter((p) => p.room === room);
		box.dataset.state = all.length && all.every((p) => p.ready) ? "on" : "off";
		fillBox(box, boxLines(room, more));
	});
	if (view === "processes")
		refresh();
}

// ---- live ----

function setLive(state, text) {
	find("live").dataset.state = state;
	setText(find("live"), text);
}

function follow() {
	const source = new EventSource("events");
	source.addEventListener("figures", (event) => {
		figures = JSON.parse(event.data);
		setLive("on", "live");
		showFigures();
		if (figures.version !== version && view !== "processes") {
			version = figures.version;
			refresh();
		}
	});
	source.onerror = () => setLive("off", "not connected; trying again");
}

let typing;
find("words").addEventListener("input", () => {
	clearTimeout(typing);
	offset = 0;
	typing = setTimeout(refresh, TYPING_MS);
});
find("state").addEventListener("change", () => {
	offset = 0;
	refresh();
});
find("search").addEventListener("submit", (event) => {
	event.preventDefault();
	refresh();
});
find("ask").addEventListener("submit", (event) => {
	event.preventDefault();
	location.hash = "#url/" + encodeURIComponent(find("address").value);
});
for (const [id, step] of [["before", -1], ["after", 1]])
	find(id).addEventListener("click", async () => {
		offset = Math.max(0, offset + step * 100);
		await refresh();
		find("title").focus();
		find("title").scrollIntoView();
	});
document.addEventListener("keydown", (event) => {
	if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName))
		return;
	event.preventDefault();
	find(view === "url" ? "address" : "words").focus();
});
document.querySelector(".skip").addEventListener("click", (event) => {
	event.preventDefault(); // the fragment says which view it is
	find("main").focus();
});
window.addEventListener("hashchange", async () => {
	await show();
	find("title").focus();
});

drawPicture();
show();
follow();
