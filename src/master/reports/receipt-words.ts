// How the log shows a receipt: its fields are fields of the entry, and in text one line of JSON.
import type { Receipt } from "../../admin/protocol.ts";
import type { LogFields } from "../../core/effects.ts";

/** The message, the fields, and what replaces the message in the text format. */
export function receiptWords(
  receipt: Receipt,
): [message: string, fields: LogFields, inText: string] {
  const { generation, outcome, requests, connections } = receipt;
  const forced = `${requests.forced} request(s) and ${connections.forced} connection(s) forced`;
  const message = `Reload to generation ${generation} ${outcome}, ${forced}`;
  return [message, fieldsOf(receipt), `Receipt ${JSON.stringify(receipt)}`];
}

function fieldsOf({ requests, connections, ...receipt }: Receipt): LogFields {
  const forced = requests.forced_requests.map((request) => ({ ...request }));
  return {
    ...receipt,
    requests: { ...requests, forced_requests: forced },
    connections: { ...connections },
  };
}
