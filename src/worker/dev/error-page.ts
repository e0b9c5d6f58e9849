// The page about an error of the app, for a browser. It is whole in itself: it asks for nothing but
// the events of the server, and its own policy lets no other script or style in. `html` escapes all
// that the app has written.
import { relative } from "node:path";
import { html, raw } from "hono/html";
import { shownLines } from "../../errors/code-frame.ts";
import { describeReport } from "../../errors/describe-error.ts";
import type { Code, ErrorReport } from "../../errors/report-error.ts";
import { type Frame, nameOf, type Place } from "../../errors/stack.ts";
import { printable } from "../../log/printable.ts";
import script from "./browser.js" with { type: "text" };
import { editorLink } from "./editor.ts";
import { EVENTS_PATH } from "./event-streams.ts";
import style from "./page.css" with { type: "text" };
import type { Story } from "./story.ts";

type Html = ReturnType<typeof html>;

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E" +
  "%3Ccircle cx='4' cy='4' r='4' fill='%23c0291e'/%3E%3C/svg%3E";

/** What a browser may do for the page, as `Content-Security-Policy` has it. */
export function policyOf(nonce: string): string {
  return (
    `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; ` +
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
  );
}

/** @param nonce allows the page's own script and style, see `policyOf` */
export function errorPage(story: Story, nonce: string): string {
  const { what, report, version, method } = story;
  return String(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <meta name="robots" content="noindex" />
          <link rel="icon" href="${raw(ICON)}" />
          <title>${shown(report.title.split("\n", 1)[0] ?? "")}</title>
          <style nonce="${nonce}">
            ${raw(style)}
          </style>
        </head>
        <body data-version="${version.id}" data-events="${EVENTS_PATH}" data-method="${method}">
          <main>
            <header>
              <span><b>pounce dev</b> · generation ${version.generation} of ${version.app}</span>
              <span id="status" role="status"
                >This page loads again when a new version serves.</span
              >
            </header>
            <p id="mended" role="alert">
              A new version serves. <button id="again">Send the form again</button> or
              <a href="">open the page anew</a>.
            </p>
            <p class="what">${shown(what)}</p>
            ${titled(report, "h1")} ${detailsOf(story, report)}
            <footer>
              <details>
                <summary>As text</summary>
                <pre id="text">${shown(`${what}\n${describeReport(report)}`)}</pre>
              </details>
              <button hidden data-copies="#text">Copy as text</button>
            </footer>
          </main>
          <script nonce="${nonce}">
            ${raw(script)};
          </script>
        </body>
      </html> `,
  );
}

/** Text of the app: nothing in it acts, see printable.ts. */
function shown(text: string): string {
  return printable(text);
}

/** The first line is the heading; the rest of a long message has less weight. */
function titled({ title, name }: ErrorReport, level: "h1" | "h2"): Html {
  const [first = "", ...rest] = shown(title).split("\n");
  const isNamed = name !== "" && first.startsWith(name);
  const heading = isNamed
    ? html`<span class="name">${name}</span>${first.slice(name.length)}`
    : html`${first}`;
  const more = rest.length === 0 ? "" : html`<pre class="more">${rest.join("\n")}</pre>`;
  return level === "h1"
    ? html`<h1>${heading}</h1>
        ${more}`
    : html`<h2>${heading}</h2>
        ${more}`;
}

function detailsOf(story: Story, report: ErrorReport): Html {
  const { code, properties, frames, at, remedy, inner, moreErrors } = report;
  const parts: Html[] = [];
  if (remedy !== undefined) parts.push(html`<p class="remedy">What to do: ${shown(remedy)}</p>`);
  if (code !== undefined) parts.push(codeOf(story, code));
  else if (at !== undefined) parts.push(html`<p class="what">at ${linkTo(story, at)}</p>`);
  if (properties.length > 0) parts.push(html`<dl>${properties.map(propertyOf)}</dl>`);
  if (frames.length > 0) {
    parts.push(
      html`<ol>
        ${groupsOf(frames).map((group) => framesOf(story, group))}
      </ol>`,
    );
  }
  for (const { label, report: it } of inner) {
    parts.push(
      html`<section class="inner">
        <p class="label">${label}</p>
        ${titled(it, "h2")} ${detailsOf(story, it)}
      </section>`,
    );
  }
  if (moreErrors > 0) parts.push(html`<p class="label">and ${moreErrors} more errors</p>`);
  return html`${parts}`;
}

function propertyOf([name, value]: ErrorReport["properties"][number]): Html {
  return html`<dt>${shown(name)}</dt>
    <dd>${shown(value)}</dd>`;
}

function codeOf(story: Story, { lines, place }: Code): Html {
  const digits = String(lines.at(-1)?.number ?? 0).length;
  const margin = (number: number | string): Html => html`<i>${String(number).padStart(digits)}</i>`;
  const rows = shownLines(lines, place.line, place.column).map(({ number, text, caret }) =>
    caret === undefined
      ? html`<span>${margin(number)}${text}</span>`
      : html`<span class="at">${margin(number)}${text}</span
          ><span class="at caret">${margin("")}${" ".repeat(caret)}<b>^</b></span>`,
  );
  return html`<div class="code">
    <div class="file">${linkTo(story, place)}</div>
    <pre>${rows}</pre>
  </div>`;
}

/** Neighbours of one kind: the app's own, or those of packages. */
function groupsOf(frames: readonly Frame[]): Frame[][] {
  const groups: Frame[][] = [];
  for (const frame of frames) {
    const last = groups.at(-1);
    if (last?.[0]?.owner === frame.owner) last.push(frame);
    else groups.push([frame]);
  }
  return groups;
}

function framesOf(story: Story, group: readonly Frame[]): Html {
  const items = group.map((frame) => html`<li>${frameOf(story, frame)}</li>`);
  if (group[0]?.owner !== "package") return html`${items}`;
  const names = new Set(group.map(({ place }) => packageOf(place?.file ?? "")));
  const count = group.length === 1 ? "1 frame" : `${group.length} frames`;
  return html`<li class="package">
    <details>
      <summary>${count} in ${shown([...names].join(", "))}</summary>
      <ol>
        ${items}
      </ol>
    </details>
  </li>`;
}

function frameOf(story: Story, { text, place }: Frame): Html {
  if (place === undefined) return html`${shown(text)}`;
  const name = text.endsWith(")") ? text.slice(0, text.lastIndexOf(" (")) : "";
  const named = name === "" ? "" : html`${shown(name)} <span class="in">at</span> `;
  return html`${named}${linkTo(story, place)}`;
}

function packageOf(file: string): string {
  return /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? "a package";
}

function linkTo({ folder }: Story, place: Place): Html {
  const inside = relative(folder, place.file);
  const isInside = inside !== "" && !inside.startsWith("..");
  const label = shown(nameOf({ ...place, file: isInside ? inside : place.file }));
  const link = editorLink(place);
  return link === undefined
    ? html`<span title="${shown(place.file)}">${label}</span>`
    : html`<a href="${link}" title="${shown(place.file)}">${label}</a>`;
}
