// The metrics of requests, from the counters of all workers.
import type { Metric, Sample } from "./exposition.ts";
import { counter, gauge } from "./metric-kinds.ts";
import { DURATION_BUCKETS, inBuckets } from "./durations.ts";
import { PAGE, REJECTIONS, rejectionIndex, requestsAt } from "./page.ts";
import type { WorkersNow } from "./sum.ts";

/** @param page the counters of all workers there have been, summed */
export function requestMetrics(
  page: Float64Array,
  { inFlight, connections }: WorkersNow,
): Metric[] {
  return [
    counter(
      "pounce_http_requests_total",
      "Requests that have ended. Code 499: the client disconnected first.",
      requests(page),
    ),
    {
      name: "pounce_http_request_duration_seconds",
      type: "histogram",
      help:
        "Time until the handler had a response. Above 1000 requests/s in a worker, about " +
        "250 a second are measured, and each counts for several.",
      samples: durations(page),
    },
    counter(
      "pounce_http_response_body_bytes_total",
      "Bytes of response bodies, estimated like durations; streams are not counted.",
      [{ value: page[PAGE.responseBytes] ?? 0 }],
    ),
    counter(
      "pounce_http_request_body_bytes_total",
      "Bytes of request bodies by their Content-Length, estimated like durations.",
      [{ value: page[PAGE.requestBytes] ?? 0 }],
    ),
    counter(
      "pounce_http_rejected_total",
      "Requests and connections that were refused or ended by a limit.",
      REJECTIONS.map((reason) => ({
        labels: { reason },
        value: page[rejectionIndex(reason)] ?? 0,
      })),
    ),
    counter(
      "pounce_stream_errors_total",
      "Streams of the app that have failed: as a rule bodies of responses, which broke off.",
      [{ value: page[PAGE.brokenStreams] ?? 0 }],
    ),
    counter(
      "pounce_websockets_carried_total",
      "WebSockets that have moved from one worker to another (websocket.on_reload).",
      [{ value: page[PAGE.carriedWebSockets] ?? 0 }],
    ),
    counter(
      "pounce_websockets_not_carried_total",
      "WebSockets that were to move to another worker, and were closed; the log says why.",
      [{ value: page[PAGE.notCarriedWebSockets] ?? 0 }],
    ),
    gauge("pounce_http_requests_in_flight", "Requests being answered, as of the last second.", [
      { value: inFlight },
    ]),
    gauge("pounce_http_connections", "Open client connections, as of the last second.", [
      { value: connections },
    ]),
  ];
}

/** A sample for each method and status that has occurred. */
function requests(page: Float64Array): Sample[] {
  const samples: Sample[] = [];
  for (let index: number = PAGE.requests; index < page.length; index++) {
    const value = page[index] ?? 0;
    if (value === 0) continue;
    const { method, status } = requestsAt(index);
    samples.push({ labels: { method, code: status }, value });
  }
  return samples;
}

function durations(page: Float64Array): Sample[] {
  const below = inBuckets(page.subarray(PAGE.durations, PAGE.rejections));
  const buckets = below.map((value, index) => {
    return { suffix: "_bucket", labels: { le: DURATION_BUCKETS[index] ?? "+Inf" }, value };
  });
  return [
    ...buckets,
    { suffix: "_sum", value: page[PAGE.durationSum] ?? 0 },
    { suffix: "_count", value: below.at(-1) ?? 0 },
  ];
}
