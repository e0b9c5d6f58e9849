// pounce(1): what `pounce help` says of the commands, as a page for `man`. Its texts are those of
// the manual, which is in Markdown; of that, only what these texts use is understood.
import { description, version } from "../../../package.json";
import exitCodes from "../../../src/manual/exit-codes.md" with { type: "text" };
import signals from "../../../src/manual/signals.md" with { type: "text" };
import { commandReference } from "../../reference/commands.ts";

const OPENING = [
  "Without a command, pounce serves the app that is named, or the one in pounce.toml.",
  "One master process starts workers. HUP has the master load the app and the configuration again",
  "in new workers; when these serve, the old ones answer what they have and end.",
].join(" ");

const FILES = [
  "- `/etc/pounce/pounce.toml`: the configuration of the service",
  "- `/usr/lib/systemd/system/pounce.service`: the service; `systemctl edit pounce` changes it",
  "- `/run/pounce`: its control socket",
  "- `/var/lib/pounce`: where it may write",
].join("\n");

const MORE = "`pounce help` lists the chapters of the manual; `pounce help CHAPTER` prints one.";

/** The page in roff. @param seconds when the commit was made, since 1970 */
export async function manualPage(seconds: number): Promise<string> {
  const date = new Date(seconds * 1000).toISOString().slice(0, 10);
  return [
    `.TH POUNCE 1 "${date}" "pounce ${version}" "User Commands"`,
    section("NAME", `pounce - ${firstSentence(description)}`),
    section("SYNOPSIS", "`pounce` [COMMAND] [flags]"),
    section("DESCRIPTION", `${description}\n\n${OPENING}`),
    section("COMMANDS", await commandReference()),
    section("SIGNALS", body(signals)),
    section("EXIT STATUS", body(exitCodes)),
    section("FILES", FILES),
    section("SEE ALSO", MORE),
    "",
  ].join("\n");
}

/** What whatis(1) shows: no full stop, and no capital. */
function firstSentence(text: string): string {
  return (
    text.split(/[.:]/, 1)[0]?.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase()) ?? ""
  );
}

/** A chapter without its title. */
function body(chapter: string): string {
  return chapter.slice(chapter.indexOf("\n") + 1);
}

function section(title: string, markdown: string): string {
  return [`.SH ${title}`, ...roff(markdown)].join("\n");
}

/** Headings, paragraphs, lists and tables. An item up to its first colon is a term. */
export function roff(markdown: string): string[] {
  const blocks = markdown
    .trim()
    .split(/\n{2,}|\n(?=- )/)
    .map((block) => block.trim());
  const lines: string[] = [];
  for (const [index, block] of blocks.entries()) {
    const isBelowHeading = index === 0 || blocks[index - 1]?.startsWith("#");
    lines.push(...blockLines(block, isBelowHeading === true));
  }
  return lines;
}

function blockLines(text: string, isBelowHeading: boolean): string[] {
  if (text.startsWith("#")) return [`.SS ${styled(text.replace(/^#+ /, ""))}`];
  if (text.startsWith("|")) return rows(text);
  if (text.startsWith("- ")) return item(text.slice(2).replaceAll(/\n\s*/g, " "));
  return [...(isBelowHeading ? [] : [".PP"]), ...text.split("\n").map(styled)];
}

function item(text: string): string[] {
  const [, term, meaning] = /^(.*?[`)\]*]): (.*)$/.exec(text) ?? [];
  if (term === undefined || meaning === undefined) return [String.raw`.IP \(bu 2`, styled(text)];
  return [".TP", styled(term), styled(meaning)];
}

/** Each row but the head is a term and its meaning. */
function rows(table: string): string[] {
  return table
    .split("\n")
    .slice(2)
    .flatMap((row) => {
      const [, term = "", ...rest] = row.split(/ *(?<!\\)\| */);
      return [".TP", styled(`\`${term.replaceAll("`", "")}\``), styled(rest.join(" ").trim())];
    });
}

/** A line of text: code and emphasis are bold, a link to a chapter says how to read that. */
function styled(line: string): string {
  const linked = line.replaceAll(/\[([^\]]+)\]\(([a-z-]+)\.md[^)]*\)/g, (_, text, chapter) =>
    text === chapter ? `\`pounce help ${chapter}\`` : `${text} (\`pounce help ${chapter}\`)`,
  );
  const escaped = linked.replaceAll("\\", String.raw`\e`).replaceAll("-", String.raw`\-`);
  const bold = escaped.replaceAll(/(`|\*\*)(.+?)\1/g, String.raw`\fB$2\fR`);
  // A line must not look like a request.
  return /^[.']/.test(bold) ? String.raw`\&${bold}` : bold;
}
