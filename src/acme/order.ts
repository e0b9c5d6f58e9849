// Orders one certificate: the account, the order, the proof that the domain leads here, and the
// file. It runs in a process of its own (order-process.ts), so the library for it, and whatever
// goes wrong in it, never gets into the master.
import acme from "acme-client";
import { checkPair } from "../tls/check-pair.ts";
import { covers } from "../tls/certificate.ts";
import { carry, type Heard } from "./carrier.ts";
import { Challenges } from "./challenges.ts";
import type { OrderOutcome, OrderRequest } from "./order-messages.ts";
import { failureOf, isOfType } from "./refusals.ts";
import {
  accountFile,
  prepareFolders,
  readText,
  roomProblem,
  setAside,
  writeSecret,
} from "./store.ts";

/** How often to ask whether the CA has made up its mind: for about two minutes. */
const POLL = { backoffAttempts: 16, backoffMin: 1000, backoffMax: 10_000 };
const CURVE = "P-256";
/** How a CA says that a key is of no use any more (RFC 8555, section 7.3.6). */
const NO_SUCH_ACCOUNT = ["unauthorized", "accountDoesNotExist"];

/** @param version of pounce, which a CA wants to know */
export async function orderCertificate(
  request: OrderRequest,
  version: string,
): Promise<OrderOutcome> {
  const { stateFolder, folder, file } = request;
  const problem = prepareFolders(stateFolder, folder) ?? roomProblem(file);
  if (problem !== undefined) return { kind: "failed", reason: problem };
  const heard = carry(acme.axios, `pounce/${version} acme-client`, request.directory);
  const challenges = new Challenges();
  try {
    const deaf = challenges.listen(request.httpPort);
    if (deaf !== undefined) return { kind: "failed", reason: deaf };
    const client = await clientFor(request, heard);
    const reason = await order(client, request, challenges);
    return reason === undefined ? { kind: "ordered" } : { kind: "failed", reason };
  } catch (error) {
    return { kind: "failed", ...failureOf(wordsOf(error), heard.last, Date.now()) };
  } finally {
    await challenges.close();
  }
}

function wordsOf(error: unknown): string {
  const { message } = error as Error;
  // The library looks for something that is not in the answer.
  return error instanceof TypeError ? `the CA's answer is not as it must be (${message})` : message;
}

/** The CA, spoken to with the account's key, which is made if there is none. */
async function clientFor(request: OrderRequest, heard: Heard): Promise<acme.Client> {
  const path = accountFile(request.folder);
  const key = readAccountKey(path);
  if (key === undefined) return clientWith(await newAccountKey(path), request);
  try {
    return await clientWith(key, request);
  } catch (error) {
    const { last } = heard;
    if (last === undefined || !NO_SUCH_ACCOUNT.some((type) => isOfType(last, type))) throw error;
    // The account was closed, which lasts for ever, or the CA has lost it.
    const problem = setAside(path, key);
    if (problem !== undefined) fail(problem);
    return clientWith(await newAccountKey(path), request);
  }
}

async function clientWith(
  accountKey: string,
  { directory, email }: OrderRequest,
): Promise<acme.Client> {
  const client = new acme.Client({ directoryUrl: directory, accountKey, ...POLL });
  const contact = email === undefined ? [] : [`mailto:${email}`];
  await client.createAccount({ termsOfServiceAgreed: true, contact });
  return client;
}

function readAccountKey(path: string): string | undefined {
  const text = readText(path, fail);
  if (text === undefined) return undefined;
  try {
    acme.crypto.getJwk(text);
    return text;
  } catch {
    const problem = setAside(path, text);
    if (problem !== undefined) fail(problem);
    return undefined;
  }
}

async function newAccountKey(path: string): Promise<string> {
  const key = String(await acme.crypto.createPrivateEcdsaKey(CURVE));
  const problem = writeSecret(path, key);
  if (problem !== undefined) fail(problem);
  return key;
}

function fail(words: string): never {
  throw new Error(words);
}

/** @returns why there is no certificate; undefined if there is one */
async function order(
  client: acme.Client,
  { domain, file }: OrderRequest,
  challenges: Challenges,
): Promise<string | undefined> {
  const placed = await client.createOrder({ identifiers: [{ type: "dns", value: domain }] });
  for (const authorization of await client.getAuthorizations(placed)) {
    // The CA remembers for some days that the domain leads here.
    if (authorization.status === "valid") continue;
    const challenge = authorization.challenges.find(({ type }) => type === "http-01");
    if (challenge === undefined) return "the CA offers no HTTP-01 challenge for this domain";
    challenges.add(challenge.token, await client.getChallengeKeyAuthorization(challenge));
    await client.completeChallenge(challenge);
    await client.waitForValidStatus(challenge);
  }
  const key = String(await acme.crypto.createPrivateEcdsaKey(CURVE));
  const [, request] = await acme.crypto.createCsr({ altNames: [domain] }, key);
  const cert = await client.getCertificate(await client.finalizeOrder(placed, request));
  const checked = checkPair({ cert, key }, Date.now());
  if (!checked.ok) return `the certificate that the CA has issued ${checked.problem.words}`;
  if (!checked.pair.info.names.some((name) => covers(name, domain))) {
    return `the certificate that the CA has issued is for ${checked.pair.info.label}`;
  }
  // One file, so that nobody ever sees the one with the key of the other.
  return writeSecret(file, `${checked.pair.key}${checked.pair.cert}`);
}
