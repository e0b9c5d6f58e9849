// An app that does at its first request what others do then: it waits for a connection, and builds
// what it needs.
const CONNECTS_MS = 30;
const ENTRIES = 100_000;

let table: Promise<Map<string, string>> | undefined;

async function open(): Promise<Map<string, string>> {
  await Bun.sleep(CONNECTS_MS);
  return new Map(Array.from({ length: ENTRIES }, (_, index) => [`key ${index}`, `${index}`]));
}

export default {
  async fetch() {
    table ??= open();
    return new Response((await table).get("key 5"));
  },
};
