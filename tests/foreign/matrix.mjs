// Somebody on Matrix at matrix-js-sdk with its Rust encryption: what Element Web is built on.

import { createHash, createDecipheriv } from "node:crypto";
import { emit, serve } from "./lines.mjs";

Promise.withResolvers ??= () => {
    const made = {}; // Node 20 has everything that the SDK needs but this
    made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
    return made;
};

const sdk = await import("matrix-js-sdk");
const { logger } = await import("matrix-js-sdk/lib/logger.js");
const { OnlySignedDevicesIsolationMode } = await import("matrix-js-sdk/lib/crypto-api/index.js");
const { PollResponseEvent } = await import("matrix-js-sdk/lib/extensible_events_v1/PollResponseEvent.js");

let client;

async function tell(event) {
    if (!event.getRoomId()) return; // of the account, not of a room
    if (event.isBeingDecrypted()) await event.getDecryptionPromise();
    const about = event.isEncrypted() && (await client.getCrypto().getEncryptionInfoForEvent(event));
    emit({
        event: event.getId(),
        room: event.getRoomId(),
        sender: event.getSender(),
        type: event.getType(),
        content: event.getContent(),
        relation: event.getWireContent()["m.relates_to"] ?? null,
        encrypted: event.isEncrypted(),
        failure: event.decryptionFailureReason ?? "",
        shield: about ? about.shieldColour : null,
        reason: about ? about.shieldReason : null,
    });
}

const actions = {
    /** Log in as a new device, make a cross-signing identity, and follow the rooms. */
    async start({ homeserver, user, password, isolated }) {
        logger.setLevel?.("warn");
        const door = sdk.createClient({ baseUrl: homeserver });
        const identifier = { type: "m.id.user", user };
        const login = await door.loginRequest({ type: "m.login.password", identifier, password });
        client = sdk.createClient({
            baseUrl: homeserver,
            userId: login.user_id,
            deviceId: login.device_id,
            accessToken: login.access_token,
        });
        await client.initRustCrypto({ useIndexedDB: false });
        await client.getCrypto().bootstrapCrossSigning({
            authUploadDeviceSigningKeys: (make) => make({ type: "m.login.password", identifier, password }),
        });
        if (isolated) client.getCrypto().setDeviceIsolationMode(new OnlySignedDevicesIsolationMode());
        client.on("event", (event) => event.isEncrypted() || tell(event));
        client.on("Event.decrypted", tell);
        const synced = new Promise((resolve) => client.once("sync", resolve));
        await client.startClient({ initialSyncLimit: 20, threadSupport: true, lazyLoadMembers: true });
        await synced;
        return { user: login.user_id, device: login.device_id, crypto: client.getCrypto().getVersion() };
    },
    async make_room({ name, invite, direct, encrypted }) {
        const sealed = { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } };
        const made = await client.createRoom({
            name,
            invite,
            is_direct: direct,
            preset: direct ? "trusted_private_chat" : "private_chat",
            initial_state: encrypted ? [sealed] : [],
        });
        return made.room_id;
    },
    join: async ({ room }) => (await client.joinRoom(room)).roomId,
    say: async ({ room, text }) => (await client.sendTextMessage(room, text)).event_id,
    react: async ({ room, target, key }) =>
        (await client.sendEvent(room, "m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: target, key } }))
            .event_id,
    /** Answer a native poll as Element does. */
    async vote({ room, poll, answers }) {
        const { type, content } = PollResponseEvent.from(answers, poll).serialize();
        return (await client.sendEvent(room, type, content)).event_id;
    },
    /** What the SDK makes of a poll: its question and answers, as a client shows them. */
    async poll({ room, poll }) {
        const start = client.getRoom(room).polls.get(poll)?.pollEvent;
        return start && { question: start.question.text, answers: start.answers.map((one) => [one.id, one.text]) };
    },
    /** Fetch an encrypted file, check it against its hash, and open it. */
    async open_file({ file }) {
        const url = client.mxcUrlToHttp(file.url, undefined, undefined, undefined, false, true, true);
        const answer = await fetch(url, { headers: { Authorization: `Bearer ${client.getAccessToken()}` } });
        if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
        const sealed = Buffer.from(await answer.arrayBuffer());
        const digest = createHash("sha256").update(sealed).digest("base64").replace(/=+$/, "");
        if (digest !== file.hashes.sha256) throw new Error("not the file that was meant");
        const key = Buffer.from(file.key.k, "base64url");
        const open = createDecipheriv("aes-256-ctr", key, Buffer.from(file.iv, "base64"));
        return Buffer.concat([open.update(sealed), open.final()]).toString("base64");
    },
    /** Whether this client takes a device for one that its owner signed. */
    async signed({ user, device }) {
        const status = await client.getCrypto().getDeviceVerificationStatus(user, device);
        return status && { signed: status.signedByOwner, verified: status.isVerified() };
    },
    async devices({ user }) {
        const found = await client.getCrypto().getUserDeviceInfo([user], true);
        return [...found.get(user).keys()];
    },
};

await serve(actions);
