// The types of the keys of `[tls] acme`: domains, an address for mail, and the URL of a CA.
import * as v from "valibot";
import { ipFamily } from "../../net/ip.ts";
import { listOf, type ValueType } from "./value-types.ts";

/** Let's Encrypt issues at most so many certificates for a domain and its subdomains in a week. */
const MOST_DOMAINS = 50;
const LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const DOMAIN = new RegExp(`^(?=.{1,253}$)${LABEL}(\\.${LABEL})*$`);

/** Domains that certificates are ordered for. */
export function domainList() {
  const one = v.pipe(
    v.string(),
    v.rawCheck(({ dataset, addIssue }) => {
      const problem = dataset.typed ? domainProblem(dataset.value) : undefined;
      if (problem !== undefined) addIssue({ message: problem });
    }),
  );
  const list = v.pipe(
    v.array(one),
    v.nonEmpty(),
    v.maxLength(MOST_DOMAINS),
    v.rawCheck(({ dataset, addIssue }) => {
      const names = dataset.typed ? dataset.value.map(asDomain) : [];
      const twice = names.find((name, index) => names.indexOf(name) !== index);
      if (twice !== undefined) addIssue({ message: `${twice} is listed twice` });
    }),
  );
  const expected = `a domain such as "www.example.com", or a list of 1 to ${MOST_DOMAINS}`;
  return listOf(one, { expected, placeholder: "DOMAIN" }, list);
}

/** Why no certificate can be ordered for this; undefined: one can. */
export function domainProblem(text: string): string | undefined {
  if (text.startsWith("*.")) {
    return (
      `no certificate for ${text} can be ordered here: a CA wants a record in the DNS for it; ` +
      'list each name, or let certbot (or lego) get it, set cert and key, and have "pounce ' +
      'reload --tls" run after each renewal'
    );
  }
  if (ipFamily(text.replace(/^\[(.*)\]$/, "$1")) !== 0) {
    return `${text} is an IP address: only names are ordered for`;
  }
  if (/^[a-z]+:\/\/|[/:@]/i.test(text)) return `only the name, as in "www.example.com"`;
  if (/(^|\.)localhost\.?$/i.test(text)) {
    return `${text} is this machine for everybody: nobody else can be asked to vouch for it`;
  }
  if (!DOMAIN.test(asDomain(text)) || /(^|\.)\d+$/.test(text)) {
    return `${JSON.stringify(text)} is not the name of a host`;
  }
  return undefined;
}

/** As it is in the DNS, and in a certificate: lower case, ASCII. */
export function asDomain(text: string): string {
  return URL.parse(`http://${text}`)?.hostname ?? "";
}

/** An address for mail about the account. A CA judges it in full. */
export function mailAddress() {
  const schema = v.pipe(v.string(), v.regex(/^[^\s@,?]+@[^\s@,?]+\.[^\s@,?.]+$/));
  return {
    schema,
    expected: 'a mail address such as "ops@example.com"',
    placeholder: "ADDRESS",
    fromText: String,
  } satisfies ValueType<typeof schema>;
}

/** The URL of a CA's directory. What is said to a CA must not be changed on the way. */
export function directoryUrl() {
  const schema = v.pipe(
    v.string(),
    v.regex(/^https:\/\/[^\s#]+$/),
    v.check((text) => URL.parse(text)?.username === ""),
  );
  return {
    schema,
    expected: 'an ACME directory such as "https://acme-v02.api.letsencrypt.org/directory"',
    placeholder: "URL",
    fromText: String,
  } satisfies ValueType<typeof schema>;
}
