// The page about an error: whole, valid, and without anything that the app's text could add.
import { describe, expect, test } from "bun:test";
import { onlyTitle, reportError } from "../../../src/errors/report-error.ts";
import { errorPage, policyOf } from "../../../src/worker/dev/error-page.ts";
import type { Story } from "../../../src/worker/dev/story.ts";

const NONCE = "n0nce";

function storyOf(error: unknown, more: Partial<Story> = {}): Story {
  return {
    what: "GET /: the app threw",
    report: reportError(error),
    version: { id: "7.3", generation: 3, app: "./app.ts" },
    method: "GET",
    folder: import.meta.dir,
    ...more,
  };
}

/** An error that no line of this file is shown for. */
function withoutPlace(): Error {
  return Object.assign(new Error("x"), { stack: "Error: x\n    at run (/nowhere/app.ts:1:2)" });
}

interface Parsed {
  readonly tags: readonly string[];
  readonly text: string;
}

/** As a parser of HTML sees it: the names of its elements, and its text without the script. */
async function parsed(page: string): Promise<Parsed> {
  const tags: string[] = [];
  const texts: string[] = [];
  const rewriter = new HTMLRewriter()
    .on("*", { element: ({ tagName }) => void tags.push(tagName) })
    .on("body *:not(script)", { text: ({ text }) => void texts.push(text) });
  await rewriter.transform(new Response(page)).text();
  return { tags, text: unescaped(texts.join("")) };
}

function unescaped(text: string): string {
  const named: Record<string, string> = { lt: "<", gt: ">", quot: '"', amp: "&" };
  return text
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replaceAll(/&(lt|gt|quot|amp);/g, (_, name) => named[name] ?? "");
}

const HOSTILE = `</pre></script><script>alert("x")</script><img src=x onerror='y'>&amp;`;

describe("nothing that an app says becomes a part of the page:", () => {
  const cases: Record<string, Story> = {
    "a message": storyOf(new Error(HOSTILE)),
    "a name": storyOf(Object.assign(new Error("x"), { name: HOSTILE })),
    "a property": storyOf(Object.assign(new Error("x"), { note: HOSTILE })),
    "a property's name": storyOf(Object.assign(new Error("x"), { [HOSTILE]: 1 })),
    "a cause": storyOf(new Error("x", { cause: new Error(HOSTILE) })),
    "what is thrown without being an error": storyOf(HOSTILE),
    "a path": storyOf(new Error("x"), { what: HOSTILE }),
    "the app's name": storyOf(new Error("x"), {
      version: { id: HOSTILE, generation: 1, app: HOSTILE },
    }),
    "a remedy": storyOf(undefined, { report: { ...onlyTitle("x"), remedy: HOSTILE } }),
    "a method": storyOf(new Error("x"), { method: HOSTILE }),
  };
  test.each(Object.entries(cases))("%s", async (_, story) => {
    const page = errorPage(story, NONCE);
    const { tags } = await parsed(page);
    expect(tags.filter((tag) => tag === "script")).toHaveLength(1);
    expect(tags).not.toContain("img");
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toContain("<img");
  });
});

test("controls that would act in a browser or a terminal are shown as text", async () => {
  const { text } = await parsed(errorPage(storyOf(new Error("a\u202eb\u001b[31m")), NONCE));
  expect(text).toContain("a\\u202eb\\x1b[31m");
});

test("all that an error says is there: message, code, frames, properties, causes, errors", async () => {
  const cause = Object.assign(new TypeError("the cause"), { code: "E_CAUSE" });
  const error = new AggregateError([new Error("first"), new Error("second")], "both", { cause });
  const { text } = await parsed(errorPage(storyOf(error), NONCE));
  for (const part of [
    "AggregateError: both",
    "error 1 of it",
    "Error: second",
    "caused by",
    "TypeError: the cause",
    "E_CAUSE",
    "error-page.test.ts:",
    "generation 3 of ./app.ts",
    "GET /: the app threw",
  ]) {
    expect(text).toContain(part);
  }
});

test("the app's own line is marked, with lines before and after it and a caret below", () => {
  const error = new Error("here");
  const page = errorPage(storyOf(error), NONCE);
  const at = /<span class="at"><i> *\d+<\/i>(.*?)<\/span\s*>/.exec(page);
  const below = /<span class="at caret"><i> *<\/i>( *)<b>\^<\/b><\/span>/.exec(page);
  const [marked = "", caret = ""] = [at?.[1], below?.[1]];
  expect(unescaped(marked)).toBe('  const error = new Error("here");');
  expect(marked.indexOf("Error")).toBe(caret.length);
  expect(page).toContain("const page = errorPage(storyOf(error), NONCE);");
});

test("frames of packages are folded, those of the app are not", () => {
  const error = new Error("x");
  error.stack =
    "Error: x\n    at own (/srv/app.ts:1:2)\n    at a (/srv/node_modules/@b/c/d.js:3:4)\n" +
    "    at e (/srv/node_modules/@b/c/f.js:5:6)\n    at main (/srv/main.ts:7:8)";
  const page = errorPage(storyOf(error, { folder: "/srv" }), NONCE);
  const [folded = ""] =
    /<details>\s*<summary>2 frames in @b\/c<\/summary>[^]*?<\/details>/.exec(page) ?? [];
  expect(folded).toContain("node_modules/@b/c/d.js:3:4");
  expect(folded).not.toContain("app.ts");
  // A link, or only text: that depends on the editor of whoever runs this.
  expect(page).toMatch(/>app\.ts:1:2<\/(a|span)>/);
});

test("a long message and a minified line keep the page small", () => {
  const error = new Error("m".repeat(1_000_000));
  expect(errorPage(storyOf(error), NONCE).length).toBeLessThan(60_000);
});

test("it asks for nothing but the server's events, and its policy lets nothing else in", () => {
  const page = errorPage(storyOf(withoutPlace()), NONCE);
  const asked = [...page.matchAll(/\b(?:src|href|action)="([^"]*)"/g)].map(([, url = ""]) => url);
  expect(asked.filter((url) => !/^(?:vscode:|data:|$)/.test(url))).toEqual([]);
  expect(page).not.toMatch(/@import|url\(/);
  expect(page.match(/nonce="n0nce"/g)).toHaveLength(2);
  expect(policyOf(NONCE)).toStartWith("default-src 'none'; script-src 'nonce-n0nce';");
  expect(policyOf(NONCE)).not.toContain("unsafe");
});

test("nothing of the environment is in it", () => {
  process.env["POUNCE_TEST_SECRET"] = "s3cr3t-0f-the-environment";
  try {
    const page = errorPage(storyOf(withoutPlace()), NONCE);
    for (const value of Object.values(process.env)) {
      if (value !== undefined && value.length > 12) expect(page).not.toContain(value);
    }
  } finally {
    delete process.env["POUNCE_TEST_SECRET"];
  }
});
