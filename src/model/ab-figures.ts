/**
 * What `lbbench ab` prints, as numbers: everything that ab's text, CSV and gnuplot files are made from.
 * Times are microseconds, as ab keeps them; only the printing turns them into milliseconds.
 */
export interface AbFigures {
  /** Server header of the first response; `undefined` when it had none. */
  readonly serverSoftware: string | undefined;
  /** From the URL, without brackets for IPv6; with a proxy still the URL's. */
  readonly hostname: string;
  readonly port: number;
  /** `undefined` without TLS. */
  readonly tls: AbTls | undefined;
  /** From the URL. */
  readonly path: string;
  /** Body of the first response. */
  readonly documentLengthBytes: number;
  /** As asked for. */
  readonly concurrency: number;
  /** First start to last byte. */
  readonly timeTakenUs: number;
  /** Requests that ended in a whole response, of any status and any length. */
  readonly complete: number;
  /** Disjoint, each request in at most one, so that they add up to the failed requests. */
  readonly failed: {
    /** No connection: refused, unreachable, TLS handshake failed. */
    readonly connect: number;
    /** The peer reset the connection, or nothing complete arrived in time. */
    readonly receive: number;
    /** The body differs in length from the first (not with `-l`), or the peer closed before it was whole. */
    readonly length: number;
    /** Bytes that are no HTTP response. */
    readonly exceptions: number;
  };
  /** Requests that could not be written because the peer had closed. */
  readonly writeErrors: number;
  readonly non2xx: number;
  /** Responses after which the server kept the connection open. Printed with `-k` only. */
  readonly keepAliveRequests: number;
  /** Received, headers and bodies. */
  readonly transferredBytes: number;
  /** Sent, headers and bodies; `undefined` when the requests have no body. */
  readonly sentBytes: number | undefined;
  /** Bodies received. */
  readonly bodyBytes: number;
  /** `undefined` when no request completed. */
  readonly times: AbTimes | undefined;
  /** Every completed request, in any order; kept only for `-g`. */
  readonly samples: readonly AbSample[] | undefined;
  /** `undefined` when no response named its backend. */
  readonly spread: AbSpread | undefined;
}

/** Of the first connection. */
export interface AbTls {
  /** `TLSv1.3,TLS_AES_256_GCM_SHA384,2048,256`: protocol, cipher, bits of the server's key, bits of the cipher. */
  readonly protocol: string;
  /** `X25519 253 bits`; `undefined` when not known. */
  readonly temporaryKey: string | undefined;
  /** SNI; `undefined` when none was sent. */
  readonly serverName: string | undefined;
}

/** The times of the completed requests. */
export interface AbTimes {
  /** At least 1. */
  readonly count: number;
  /** Start to connection ready, TLS included; 0 on a connection that was already open. */
  readonly connect: AbColumn;
  /** total - connect of each request. */
  readonly processing: AbColumn;
  /** Last byte written to first byte read. */
  readonly waiting: AbColumn;
  /** Start to last byte. */
  readonly total: AbColumn;
  /** The total time of the request with this many faster ones before it: 0 is the fastest, count - 1 the slowest. */
  readonly totalAtRankUs: (rank: number) => number;
}

/** One line of ab's table of connection times. */
export interface AbColumn {
  readonly minUs: number;
  readonly sumUs: number;
  /** Sample standard deviation (n - 1); 0 for one request, as ab has it. */
  readonly sdUs: number;
  readonly medianUs: number;
  readonly maxUs: number;
}

/** One request, as ab's `-g` file shows it. */
export interface AbSample {
  /** Wall clock, microseconds since 1970. */
  readonly startedAtUs: number;
  readonly connectUs: number;
  readonly waitingUs: number;
  readonly totalUs: number;
}

/** How the responses spread over the backends, printed after ab's own lines. */
export interface AbSpread {
  /** Where the attribution comes from: the response header's name. */
  readonly source: string;
  readonly backends: readonly AbBackend[];
  readonly unattributed: number;
  /** Ratio; `undefined` when no share is expected of anyone. */
  readonly skew: number | undefined;
  /** The skew that a fair draw of this count stays under 99 times in 100; ratio. */
  readonly skewNoise: number | undefined;
}

export interface AbBackend {
  readonly address: string;
  /** Responses it served. */
  readonly count: number;
  readonly share: number | undefined;
  readonly expectedShare: number | undefined;
  /** Attempts at it that did not serve the response. */
  readonly retries: number;
  /** Its responses of status 400 and above, and requests that broke off after it had sent the head. */
  readonly errors: number;
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

/** What the flags say about the printing. */
export interface AbDisplay {
  /** Nobody said what is expected of the backends, so that equal shares are is a guess. */
  readonly sharesAreGuessed?: boolean | undefined;
  /** False with `-d`. */
  readonly percentages: boolean;
  /** Standard deviation, median and the sentences about them; false with `-S`. */
  readonly estimators: boolean;
  /** `-l`. */
  readonly variableLength: boolean;
  /** `-k`. */
  readonly keepAlive: boolean;
  /** `-w`, with what `-x`, `-y` and `-z` put into the tags; `undefined` prints text. */
  readonly html: AbHtmlAttributes | undefined;
  /** Print a progress line every so many requests; `undefined` for none. */
  readonly progressEvery: number | undefined;
  /** `--ab-compat`: ab's own ranks, medians and order of samples, faults included. */
  readonly compat: boolean;
}

/** Put into the tags as they are. */
export interface AbHtmlAttributes {
  readonly table: string;
  readonly row: string;
  readonly cell: string;
}
