// Somebody on XMPP at xmpp.js, which shares no code with the bot.

import { client as connect, xml } from "@xmpp/client";
import { emit, serve } from "./lines.mjs";

const COMMANDS = "http://jabber.org/protocol/commands";
const DATA = "jabber:x:data";
const DISCO = "http://jabber.org/protocol/disco";

let client;
let number = 0;

const of = (element, name, namespace) => element?.getChild(name, namespace);
const text = (element, name) => element?.getChildText(name) ?? "";

function tell(stanza) {
    emit({
        stanza: stanza.name,
        from: stanza.attrs.from ?? "",
        type: stanza.attrs.type ?? "",
        id: stanza.attrs.id ?? "",
        body: text(stanza, "body"),
        file: text(of(stanza, "x", "jabber:x:oob"), "url"),
        replies_to: of(stanza, "reply", "urn:xmpp:reply:0")?.attrs.id ?? "",
        own: of(stanza, "x", "http://jabber.org/protocol/muc#user")?.getChildren("status").some((one) => one.attrs.code === "110") ?? false,
        xml: stanza.toString(),
    });
}

const ask = (type, to, child) => client.iqCaller.request(xml("iq", { type, to }, child), 80_000);

async function message(type, to, body) {
    const id = `foreign-${++number}`;
    await client.send(xml("message", { type, to, id }, xml("body", {}, body)));
    return id;
}

/** One page of a command: what any client with data forms shows of it. */
function page(command) {
    const form = of(command, "x", DATA);
    const note = of(command, "note");
    return {
        status: command.attrs.status,
        session: command.attrs.sessionid,
        note: note?.text() ?? "",
        kind: note?.attrs.type ?? "",
        title: text(form, "title"),
        instructions: (form?.getChildren("instructions") ?? []).map((one) => one.text()).join("\n"),
        fields: (form?.getChildren("field") ?? []).map((field) => ({
            name: field.attrs.var,
            type: field.attrs.type,
            label: field.attrs.label ?? "",
            value: text(field, "value"),
            options: field.getChildren("option").map((one) => [text(one, "value"), one.attrs.label ?? ""]),
        })),
    };
}

const actions = {
    async start({ service, domain, user, password }) {
        client = connect({ service, domain, username: user, password });
        client.timeout = 60_000; // its own two seconds are too few for a machine that has other things to do
        client.reconnect.stop();
        client.on("error", (error) => console.error(error));
        client.on("stanza", (stanza) => stanza.is("iq") || tell(stanza));
        const address = await client.start();
        // Until it counts stanzas it acknowledges ones that the server did not count, and is thrown out for it.
        while (!client.streamManagement.enabled) await new Promise((resolve) => setTimeout(resolve, 5));
        await client.send(xml("presence"));
        return address.toString();
    },
    join: async ({ room, nick }) =>
        client.send(xml("presence", { to: `${room}/${nick}` }, xml("x", { xmlns: "http://jabber.org/protocol/muc" }))),
    /** Take a new room as it comes: persistent, and everybody hidden from all but moderators. */
    async configure({ room }) {
        const values = { "muc#roomconfig_persistentroom": "1", "muc#roomconfig_whois": "moderators" };
        const fields = Object.entries({ FORM_TYPE: "http://jabber.org/protocol/muc#roomconfig", ...values }).map(
            ([name, value]) => xml("field", { var: name }, xml("value", {}, value)),
        );
        const form = xml("x", { xmlns: DATA, type: "submit" }, ...fields);
        await ask("set", room, xml("query", { xmlns: "http://jabber.org/protocol/muc#owner" }, form));
    },
    say: ({ room, text: body }) => message("groupchat", room, body),
    chat: ({ to, text: body }) => message("chat", to, body),
    subscribe: async ({ to }) => client.send(xml("presence", { type: "subscribe", to })),
    /** The forms that somebody offers: node and name of each. */
    async forms({ to }) {
        const found = await ask("get", to, xml("query", { xmlns: `${DISCO}#items`, node: COMMANDS }));
        return found.getChild("query").getChildren("item").map((one) => [one.attrs.node, one.attrs.name]);
    },
    /** Ask for a form, or with `session` hand one in. */
    async command({ to, node, session, action, values }) {
        const fields = Object.entries(values ?? {}).map(([name, value]) =>
            xml("field", { var: name }, xml("value", {}, value)),
        );
        const form = values ? [xml("x", { xmlns: DATA, type: "submit" }, ...fields)] : [];
        const attrs = { xmlns: COMMANDS, node, action: action ?? "execute", ...(session ? { sessionid: session } : {}) };
        const answer = await ask("set", to, xml("command", attrs, ...form));
        return page(answer.getChild("command", COMMANDS));
    },
    /** Fetch a file over HTTPS, its server's certificate checked. */
    async download({ url }) {
        const answer = await fetch(url);
        if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
        const data = Buffer.from(await answer.arrayBuffer()).toString("base64");
        return { data, type: answer.headers.get("content-type") };
    },
};

await serve(actions);
