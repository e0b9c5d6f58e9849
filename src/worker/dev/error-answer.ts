// The answer that tells about an error: a page for a browser, JSON for a program that asks for it,
// text for all others. The status is the same, and so is what it says.
import { describeReport } from "../../errors/describe-error.ts";
import { nameOf } from "../../errors/stack.ts";
import { printable } from "../../log/printable.ts";
import { NativeResponse } from "../http/native.ts";
import { errorPage, policyOf } from "./error-page.ts";
import { isLocalName } from "./local-names.ts";
import type { Story } from "./story.ts";

/** What a browser asks for to show it as a document. */
const DOCUMENTS: ReadonlySet<string> = new Set(["document", "iframe", "frame"]);
const JSON_TYPE = /\bapplication\/(?:[\w.+-]+\+)?json\b/i;
const WITHHELD =
  "pounce dev shows details only under an IP address or a local name such as localhost; " +
  "the log has them";
const COMMON = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

export function errorAnswer(request: Request, story: Story): Response {
  const { headers } = request;
  if (!isLocalName(headers.get("host"))) return asJson({ detail: WITHHELD });
  if (isForBrowser(headers)) return asPage(story);
  const text = `${story.what}: ${describeReport(story.report)}`;
  if (!JSON_TYPE.test(headers.get("accept") ?? "")) {
    // A terminal's prompt should start a line.
    return answer("text/plain", `${printable(text)}\n`);
  }
  const { title, at, code } = story.report;
  const place = at ?? code?.place;
  const { generation } = story.version;
  return asJson({ detail: text, error: title, at: place && nameOf(place), generation });
}

/** A script that loads something for a page says so, whatever it accepts. */
function isForBrowser(headers: Headers): boolean {
  const destination = headers.get("sec-fetch-dest");
  if (destination !== null) return DOCUMENTS.has(destination);
  return /\btext\/html\b/i.test(headers.get("accept") ?? "");
}

function asPage(story: Story): Response {
  const nonce = crypto.randomUUID();
  const headers = { "content-security-policy": policyOf(nonce), "referrer-policy": "no-referrer" };
  return answer("text/html", errorPage(story, nonce), headers);
}

function asJson(details: Readonly<Record<string, unknown>>): Response {
  const body = { title: "Internal Server Error", status: 500, ...details };
  return answer("application/problem+json", JSON.stringify(body));
}

function answer(type: string, body: string, more: Record<string, string> = {}): Response {
  const charset = type.startsWith("text/") ? "; charset=utf-8" : "";
  const headers = { ...COMMON, ...more, "content-type": type + charset };
  return new NativeResponse(body, { status: 500, headers });
}
