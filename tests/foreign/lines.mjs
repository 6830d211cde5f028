// A client as the tests drive it: requests come as lines of JSON, answers and what happens go out as such lines.

import { createInterface } from "node:readline";

export const emit = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

/** Do what each line asks, one at a time, until there are no more; whatever else prints, prints to stderr. */
export async function serve(actions) {
    for (const name of ["log", "info", "debug", "warn", "error", "trace"]) {
        console[name] = (...words) => process.stderr.write(`${words.map(String).join(" ")}\n`);
    }
    for await (const line of createInterface({ input: process.stdin })) {
        const { id, act, ...given } = JSON.parse(line);
        try {
            emit({ id, answer: (await actions[act](given)) ?? null });
        } catch (error) {
            emit({ id, error: String(error?.stack ?? error) });
        }
    }
    process.exit(0);
}
