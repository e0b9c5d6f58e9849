// `pounce schema`: the JSON Schema of pounce.toml, for editors.
import { EXIT_CODE } from "../../exit-codes.ts";
import { defineCommand } from "../define.ts";
import { print } from "../print.ts";

export const schemaCommand = defineCommand({
  meta: {
    name: "schema",
    description: "print the JSON Schema of pounce.toml, for editors",
    help: [
      "Prints the JSON Schema (draft 2020-12) of pounce.toml.",
      "Editors that know taplo's line `#:schema ./pounce.schema.json` at the top of a",
      "TOML file then complete its keys and mark its mistakes.",
    ],
    examples: ["pounce schema > pounce.schema.json"],
  },
  args: {},
  async run() {
    const { schemaText } = await import("../../config/schema/json-schema.ts");
    await print(schemaText());
    return EXIT_CODE.ok;
  },
});
