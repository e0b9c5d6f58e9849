// Where keys stand in a TOML text.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parse } from "smol-toml";
import { locateKeys } from "../../../src/config/sources/locate.ts";

/** The line and column of a key, "3:7". */
function where(toml: string, ...path: string[]): string | undefined {
  parse(toml);
  const position = locateKeys(toml).positionOf(path);
  return position && `${position.line}:${position.column}`;
}

describe("a key is found", () => {
  const cases: [string, string, string[], string | undefined][] = [
    ["on the first line", "port = 1", ["port"], "1:1"],
    ["after blanks", "\n \t port = 1", ["port"], "2:4"],
    ["after a comment", "# port = 2\nport = 1 # port = 3", ["port"], "2:1"],
    ["after a byte order mark", "\uFEFFport = 1", ["port"], "1:1"],
    ["after Windows line ends", "a = 1\r\n\r\nport = 2\r\n", ["port"], "3:1"],
    ["not in a string", 'a = "\\"port = 2"\nport = 1', ["port"], "2:1"],
    ["not in a literal string", "a = 'c:\\'\nport = 1", ["port"], "2:1"],
    ["not in a multi-line string", 'a = """\nport = 2\n\\""""\nport = 1', ["port"], "4:1"],
    ["not in a multi-line literal", "a = '''\nport = 2\\'''\nport = 1", ["port"], "3:1"],
    ["after a string that ends in five quotes", 'a = """x"""""\nport = 1', ["port"], "2:1"],
    ["after an empty string", 'a = ""\nport = 1', ["port"], "2:1"],
    ["after a date with a space", "a = 1979-05-27 07:32:00Z\nport = 1", ["port"], "2:1"],
    ["after an array", 'a = [ "]", # ]\n  [1, 2],\n]\nport = 1', ["port"], "4:1"],
    ["in quotes", '"a.b" = 1', ["a.b"], "1:1"],
    ["in quotes with escapes", '"a\\u0062\\"" = 1', ['ab"'], "1:1"],
    ["in literal quotes", "'a\\b' = 1", ["a\\b"], "1:1"],
    ["as the second name of a dotted key", "log . level = 1", ["log", "level"], "1:7"],
    ["as the first name of a dotted key", "log.level = 1", ["log"], "1:1"],
    ["in a table", "[log]\n  level = 1", ["log", "level"], "2:3"],
    ["as a table", "a = 1\n[ log ] # x\nlevel = 1", ["log"], "2:3"],
    ["in a dotted table", "[a.'b']\nc = 1", ["a", "b", "c"], "2:1"],
    ["in an inline table", 'a = { b = "}", c.d = 2 }', ["a", "c", "d"], "1:18"],
    ["in an array of inline tables", "a = [{ b = 1 },\n { b = 2 }]", ["a", "1", "b"], "2:4"],
    ["in an array of tables", "[[a]]\nb = 1\n[[a]]\nb = 2", ["a", "1", "b"], "4:1"],
    ["in a table of an array's last", "[[a]]\n[[a]]\n[a.b]\nc = 1", ["a", "1", "b", "c"], "4:1"],
    ["where it stands first", "log.a = 1\nlog.b = 2", ["log"], "1:1"],
    ["nowhere when it is absent", "a = 1", ["b"], undefined],
    ["by its own name only", "__proto__ = 1", ["toString"], undefined],
    ["also when it is __proto__", "__proto__ = 1", ["__proto__"], "1:1"],
  ];

  test.each(cases)("%s", (_, toml, path, expected) => {
    expect(where(toml, ...path)).toBe(expected);
  });

  test("after very long strings, comments and arrays", () => {
    const long = "x".repeat(1_000_000);
    const toml = `a = "${long}"\nb = """${long}"""\n#${long}\nc = [${"#\n".repeat(100_000)}]\n`;
    expect(where(`${toml}port = 1`, "port")).toBe("100005:1");
  });
});

const name = fc.oneof(
  fc.stringMatching(/^[a-z_-]{1,4}$/),
  fc.constantFrom('"a b"', "'#'", '"[x]"', '"="', "'\"'", '"\\"."', '""'),
);
const gap = fc.constantFrom("", " ", "\t ");
const comment = fc.constantFrom("", " # c = 1", '# "', " # '''", " # [x]");
const lineEnd = fc.constantFrom("\n", "\r\n", "\n\n \n", "\n# k = 1\n");
const scalar = fc.constantFrom(
  "1",
  "-0.5e3",
  "true",
  "2020-01-01 10:00:00",
  '""',
  "''",
  '"\\\\"',
  '"# = ]"',
  "'\"'",
  '"""\nk = 1\n"""',
  "'''\n[k]\n'''",
  '""""a"""""',
  "''''a'''''",
  '"""\\"""x"""',
  '"{,}"',
);
const value = fc.letrec<{ any: string; list: string }>((tie) => ({
  any: fc.oneof({ weight: 4, arbitrary: scalar }, { weight: 1, arbitrary: tie("list") }),
  list: fc
    .array(fc.tuple(tie("any"), fc.constantFrom(" ", "\n", "# ]\n")), { maxLength: 3 })
    .map((items) => `[${items.map(([item, after]) => `${item}${after}`).join(",")}]`),
})).any;

const statement = fc.record({
  isTable: fc.boolean(),
  names: fc.array(name, { minLength: 1, maxLength: 3 }),
  gaps: fc.tuple(gap, gap, gap),
  value,
  end: fc.tuple(comment, lineEnd).map(([text, line]) => text + line),
});

describe("in any text", () => {
  test("each key is found where it was written", () => {
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 8 }), (statements) => {
        let toml = "";
        let table: string[] = [];
        const written: { path: string[]; offset: number }[] = [];
        for (const [index, { isTable, names, gaps, value: text, end }] of statements.entries()) {
          // The number makes each key unique, as TOML wants it.
          const parts = [`k${index}`, ...names];
          const path = isTable ? [] : [...table];
          toml += gaps[0] + (isTable ? "[" : "");
          for (const [place, part] of parts.entries()) {
            toml += place === 0 ? "" : `${gaps[1]}.${gaps[2]}`;
            path.push(decode(part));
            written.push({ path: [...path], offset: toml.length });
            toml += part;
          }
          toml += isTable ? `]${end}` : `${gaps[1]}=${gaps[2]}${text}${end}`;
          table = isTable ? path : table;
        }
        parse(toml);
        const { positionOf: locate } = locateKeys(toml);
        for (const { path, offset } of written) {
          expect(locate(path)).toEqual(positionOf(toml, offset));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

function decode(part: string): string {
  return Object.keys(parse(`${part} = 0`))[0] ?? "";
}

function positionOf(toml: string, offset: number): { line: number; column: number } {
  const lines = toml.slice(0, offset).split("\n");
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
