// What an app of PM2's file becomes: settings of pounce, and notes on what has no setting.
import type { Pm2Key } from "./keys.ts";

export type TomlValue = string | number | boolean | readonly string[];

/** A key of pounce.toml. */
export interface SettingPiece {
  readonly kind: "setting";
  /** Its name from the root on: `log.file`. An entry of `[env]` may have any name. */
  readonly key: string;
  readonly value: TomlValue;
  /** Sentences that stand above it. */
  readonly comment?: string;
  /** The value has references to the environment, and any other "${" in it is escaped. */
  readonly isReference?: true;
}

/** A comment where a key would stand that nobody but the reader can set. */
export interface HintPiece {
  readonly kind: "hint";
  /** The key that it is about, by its name from the root on. */
  readonly key: string;
  readonly comment: string;
}

/** Why a key of PM2's is not taken over. */
export interface NotePiece {
  readonly kind: "note";
  /** As it is in PM2's file. */
  readonly of: string;
  readonly reason: string;
}

export type Piece = SettingPiece | HintPiece | NotePiece;

export function setting(key: string, value: TomlValue, comment?: string): SettingPiece {
  return comment === undefined
    ? { kind: "setting", key, value }
    : { kind: "setting", key, value, comment };
}

/** A key whose value refers to variables of the environment. */
export function reference(key: string, value: string, comment: string): SettingPiece {
  return { kind: "setting", key, value, comment, isReference: true };
}

export function hint(key: string, comment: string): HintPiece {
  return { kind: "hint", key, comment };
}

export function note(of: Pm2Key | (string & {}), reason: string): NotePiece {
  return { kind: "note", of, reason };
}
