import { LatencyHistogram, type LatencyHistogramData } from './latency-histogram.js';
import { StatusCounts } from './status-counts.js';

/** A backend's cell in a form that survives a structured clone. */
export interface BackendCellData {
  readonly address: string;
  readonly count: number;
  readonly retries: number;
  readonly busyUs: number;
  readonly peakInFlight: number;
  readonly status: Readonly<Record<string, number>>;
  readonly service: LatencyHistogramData;
  readonly ttfb: LatencyHistogramData;
}

/** What one backend did. The cell with the empty address holds the responses that could not be attributed. */
export class BackendCell {
  /** Responses it served. */
  count = 0;
  /** Attempts at it that did not serve the response. */
  retries = 0;
  /** Sum of its requests' time in flight. */
  busyUs = 0;
  /** Largest number of requests in flight at once; filled in by the tally when it is closed. */
  peakInFlight = 0;
  readonly status = new StatusCounts();
  readonly service = new LatencyHistogram();
  readonly ttfb = new LatencyHistogram();

  constructor(readonly address: string) {}

  addData(data: BackendCellData): void {
    this.count += data.count;
    this.retries += data.retries;
    this.busyUs += data.busyUs;
    this.peakInFlight += data.peakInFlight;
    this.status.add(data.status);
    this.service.addData(data.service);
    this.ttfb.addData(data.ttfb);
  }

  toData(): BackendCellData {
    return {
      address: this.address,
      count: this.count,
      retries: this.retries,
      busyUs: this.busyUs,
      peakInFlight: this.peakInFlight,
      status: this.status.toRecord(),
      service: this.service.toData(),
      ttfb: this.ttfb.toData(),
    };
  }
}
