// What messages are made of, checked: an app may write to a channel too, and the process at the
// other end may be another build.

export type Fields = Readonly<Record<string, unknown>>;

/** For each type of message: whether the fields are those of such a message. */
export type Checks<Type extends string> = Readonly<Record<Type, (message: Fields) => boolean>>;

export function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

export function isText(value: unknown): boolean {
  return typeof value === "string";
}

export function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

export function isListOf(value: unknown, check: (entry: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(check);
}

/** The message, or `undefined` when it is of no type that is known, or a check fails. */
export function readMessage<Message extends { readonly type: string }>(
  value: unknown,
  checks: Checks<Message["type"]>,
): Message | undefined {
  if (!isRecord(value) || !Object.hasOwn(checks, String(value["type"]))) return undefined;
  const check = checks[value["type"] as Message["type"]];
  return check(value) ? (value as unknown as Message) : undefined;
}
