// Where a server that is compared has its files: made from those in `files`, once for each version.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { benchFile } from "../servers.ts";

/** What stands for a placeholder, such as `{{port}}`, in a file. */
export type Values = Readonly<Record<string, string>>;

/** The text with its placeholders filled in. Throws on one that has no value. */
export function filled(text: string, values: Values): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value for {{${name}}}`);
    return value;
  });
}

/** A folder of one server, in the workspace. */
export class Stage {
  private constructor(
    readonly dir: string,
    readonly files: readonly string[],
  ) {}

  static async create(parent: string, name: string, files: readonly string[]): Promise<Stage> {
    const dir = join(parent, name);
    await mkdir(dir, { recursive: true });
    return new Stage(dir, files);
  }

  path(file: string): string {
    return join(this.dir, file);
  }

  /** Writes what a server that listens on the port is to answer with from now on. */
  async write(port: number, version: string): Promise<void> {
    const values = { dir: this.dir, port: `${port}`, version };
    for (const file of this.files) {
      const text = await Bun.file(benchFile(`peers/files/${file}`)).text();
      await Bun.write(this.path(file), filled(text, values));
    }
  }
}
