// Converse.js in a headless Chromium of a phone's size: what somebody on XMPP sees in a room.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { chromium } from "playwright-core";
import { serve } from "./lines.mjs";

const DIST = new URL("node_modules/converse.js/dist/", import.meta.url).pathname;
const TYPES = { ".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".wasm": "application/wasm" };

const page_of = (settings) => `<!doctype html>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/converse.min.css"><body class="converse-fullscreen"><converse-root></converse-root>
<script type="module">
import converse from "/converse.min.js";
converse.initialize(${JSON.stringify(settings).replaceAll("<", "\\u003c")});</script>`;

let browser, page;

/** Serve Converse.js and one page with it on loopback, and return its address. */
function served(settings) {
    const server = createServer(async (request, response) => {
        const path = normalize(new URL(request.url, "http://127.0.0.1").pathname);
        if (path === "/") return response.setHeader("Content-Type", "text/html").end(page_of(settings));
        try {
            const data = await readFile(join(DIST, path));
            response.setHeader("Content-Type", TYPES[extname(path)] ?? "application/octet-stream").end(data);
        } catch {
            (console.error(`not served: ${path}`), response.writeHead(404)).end();
        }
    });
    return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${server.address().port}/`)));
}

const actions = {
    /** Log in and enter a room. */
    async start({ browser: executablePath, websocket, jid, password, room, nick, width, height, scale, language }) {
        browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--force-color-profile=srgb"] });
        const phone = { viewport: { width, height }, deviceScaleFactor: scale, ignoreHTTPSErrors: true };
        page = await (await browser.newContext({ ...phone, isMobile: true, locale: language })).newPage();
        page.on("pageerror", (error) => console.error(error.stack));
        page.on("console", (line) => console.error(line.text()));
        const address = await served({
            assets_path: "/",
            authentication: "login",
            auto_login: true,
            auto_join_rooms: [{ jid: room, nick }],
            allow_registration: false,
            discover_connection_methods: false,
            i18n: language,
            jid,
            loglevel: "warn",
            password,
            persistent_store: "sessionStorage",
            play_sounds: false,
            show_desktop_notifications: "never",
            show_client_info: false,
            theme: "classic",
            view_mode: "fullscreen",
            websocket_url: websocket,
        });
        await page.goto(address);
        await page.waitForSelector("converse-muc converse-chat-message", { timeout: 15_000 }).catch(async (error) => {
            await page.screenshot({ path: "/tmp/foreign-scratch/conv.png" });
            throw error;
        });
        return `${browser.version()}`;
    },
    /** Wait until a text is there to be read. */
    sees: async ({ text }) => page.getByText(text).first().waitFor({ timeout: 30_000 }),
    /** Whatever is wider than the phone, or cut at its edge: the words of each. */
    too_wide: async () =>
        page.evaluate(() =>
            [...document.querySelectorAll("converse-chat-message *")]
                .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 || one.getBoundingClientRect().left < -1)
                .map((one) => one.textContent.trim())
                .filter(Boolean),
        ),
    picture: async ({ path }) => void (await page.screenshot({ path })),
    click: async ({ selector }) => page.locator(selector).first().click(),
    evaluate: async ({ script }) => page.evaluate(script),
    end: async () => browser.close(),
};

await serve(actions);
