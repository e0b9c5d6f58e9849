// Which keys of one file exclude or need each other. Code judges that (sources/where.ts, tls.ts),
// since flags and variables count as well; here it is for the JSON Schema, which sees one file.

/** A schema, or keywords of one. The types of `@valibot/to-json-schema` are of an older draft. */
type Keywords = Readonly<Record<string, unknown>>;

/** The ways to say where a server listens, each with its keys. */
export const WAYS = [["host", "port"], ["uds"], ["socket_activation"]] as const;

/** A key of another way. Off is no way to listen. */
function excluded(name: string): Keywords | false {
  return name === "socket_activation" ? { not: { const: true } } : false;
}

/** What stands beside a key, for each key of a way: none of a later way. */
function exclusiveWays(): Record<string, Keywords> {
  const rules = WAYS.flatMap((names, way) => {
    const later = WAYS.slice(way + 1).flat();
    if (later.length === 0) return [];
    const properties = Object.fromEntries(later.map((name) => [name, excluded(name)]));
    return names.map((name) => [name, { type: "object", properties }] as const);
  });
  return Object.fromEntries(rules);
}

const WITHOUT_DOMAINS: Keywords = {
  type: "object",
  properties: { acme: { type: "object", properties: { domains: false } } },
};

/** Keywords for a table of the configuration, by its name; the whole file has none. */
export const TOGETHER: Readonly<Record<string, Keywords>> = {
  "": { dependentSchemas: exclusiveWays() },
  tls: {
    dependentRequired: { cert: ["key"], key: ["cert"] },
    dependentSchemas: { cert: WITHOUT_DOMAINS },
  },
};
