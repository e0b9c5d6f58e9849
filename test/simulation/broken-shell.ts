// Real shells, except for one method of one of their parts.

type Method<Part, Name extends keyof Part> = Part[Name] extends (
  ...given: infer Given
) => infer Result
  ? (this: Part, ...given: Given) => Result
  : never;

/** Breaks a part. Returns a function that repairs it. */
export type Breaking = () => () => void;

/** Replaces a method of the part; the new one can call the old. */
export function instead<Part extends object, Name extends keyof Part>(
  part: { readonly prototype: Part },
  name: Name,
  make: (real: Method<Part, Name>) => Method<Part, Name>,
): Breaking {
  return () => {
    const { prototype } = part;
    const real = prototype[name];
    prototype[name] = make(real as Method<Part, Name>) as Part[Name];
    return () => {
      prototype[name] = real;
    };
  };
}
