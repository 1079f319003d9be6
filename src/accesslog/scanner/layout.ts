/**
 * Where in WebAssembly's memory things stand: what `assembly/` and the sources around it both go by, as offsets in bytes.
 * AssemblyScript reads this file too, so it holds plain numbers only.
 */

/** Bytes that may be read behind a value, a line or a key: what is compared, is compared 16 at a time. */
export const spareBytes = 64;

// A program: the steps that take a line of one format apart.
export const programStarts = 0;
export const programEnds = 4;
export const programSteps = 8;
export const programStepsEnd = 12;
export const programChecks = 16;
export const programChecksEnd = 20;
/** After a line that did not fit: the step that failed, by its address. */
export const programMissed = 24;
export const programSize = 32;

/** Kinds of steps: a text; three digits; what is left of the line; and from here on, up to a byte of a text. */
export const stepLiteral = 0;
export const stepStatus = 1;
export const stepRest = 2;
export const stepForward = 3;
export const stepEscaped = 4;

// A step, and a value that a step takes from the right.
export const stepKind = 0;
export const stepVariable = 4;
/** The byte that is looked for, and how many bytes of the literal stand before it. */
export const stepByte = 8;
export const stepBefore = 12;
/** Of the literal: its first eight bytes, which of them count, where it stands, its length. */
export const stepHead = 16;
export const stepMask = 24;
export const stepText = 32;
export const stepLength = 36;
/** Values taken from the right. */
export const stepBackward = 40;
export const stepBackwardEnd = 44;
/** Of a value taken from the right: bytes it always takes, or -1. */
export const stepWidth = 40;
export const stepSize = 48;

// Bytes that the value of a variable may have: a byte each, 1 for yes.
export const checkVariable = 0;
export const checkAllowed = 4;
/** 1 where nothing but a space stands before the value. */
export const checkBehindSpace = 8;
export const checkSize = 12;

// What is booked of each line without leaving the scanner. Variables by their index, -1 for what the format does not carry.
export const ledgerStatus = 0;
export const ledgerBackend = 4;
export const ledgerAttemptStatus = 8;
export const ledgerBodyBytes = 12;
export const ledgerSentBytes = 16;
/** Durations: the variable and the power of ten from its unit to microseconds. */
export const ledgerRequestTime = 20;
export const ledgerAttemptTime = 28;
export const ledgerHeaderTime = 36;
export const ledgerConnectTime = 44;
export const ledgerTime = 52;
/** How times are written: 0 for not at all, 1 as text with a time of day in it, 2 as a number (of that power of ten). */
export const ledgerTimeKind = 56;
export const ledgerTimePower = 60;
/** 1 where the time is that of the request's start. */
export const ledgerIsStart = 64;
/** 1 where lines tell the times of attempts apart from the request's. */
export const ledgerTellsAttempts = 68;
export const ledgerEntries = 72;
export const ledgerSlots = 76;
/** By status, and at last without one, where its histograms are: 0 for one that was not seen. */
export const ledgerStatuses = 80;
export const ledgerConnect = 84;
/** Of the last time that others read: its length, where its time of day stands, digits of its fraction. */
export const ledgerTextLength = 88;
export const ledgerTimeOfDay = 92;
export const ledgerFraction = 96;
/** What the last call of `book` did: lines booked, those of them selected, whether some lay before and after what was asked for. */
export const ledgerRecords = 100;
export const ledgerSelected = 104;
export const ledgerIsBefore = 108;
export const ledgerIsAfter = 112;
/** Why it stopped: 0 for a line that others must read, 1 because no slice is left for its moment. */
export const ledgerIsFull = 116;
// Of 64 bits. Moments are microseconds since 1970, or milliseconds where the name says so.
export const ledgerDayUs = 120;
export const ledgerSliceUs = 128;
export const ledgerFirstSlice = 136;
export const ledgerEndSlice = 144;
export const ledgerFromUs = 152;
export const ledgerToUs = 160;
export const ledgerSinceMs = 168;
export const ledgerUntilMs = 176;
export const ledgerFirstEndMs = 184;
export const ledgerLastEndMs = 192;
export const ledgerFirstStartUs = 200;
export const ledgerBodySum = 208;
export const ledgerSentSum = 216;
/** Hours, minutes and seconds of the last time as text, and in microseconds since midnight. */
export const ledgerClock = 224;
export const ledgerClockUs = 232;
/** The text of the last time that others read, and which of its bytes must be the same again. */
export const ledgerText = 240;
export const ledgerTextMask = 272;
export const ledgerSize = 304;
/** Longest text of a time that is compared. */
export const maxTextLength = 32;

/** Hash slots, a word each: the entry's number and one more; 0 for none. */
export const slotCount = 4096;
export const maxProbes = 16;

// The histograms of a status; 0 where it has none.
export const slotResponse = 4;
export const slotService = 8;
export const slotTtfb = 12;
export const slotSize = 16;

// An entry: lines that say the same of their attempts, by the bytes that say it.
export const entryLength = 0;
export const entryKind = 4;
export const entryServedFinal = 8;
export const entryService = 12;
export const entryTtfb = 16;
export const entryBusyUs = 24;
export const entryFirstUs = 32;
export const entryLastUs = 40;
export const entryKey = 48;
export const maxKeyLength = 128;
/** By status, how many, and at last without one; by slice of time, how many, and how long they were in flight. */
export const entryStatus = 192;
export const statusCount = 1001;
export const noStatus = 1000;
export const entryCounts = 4200;
export const entryBusy = 5224;
export const entrySize = 7280;
export const maxSlices = 256;

/** Lines that count, but have no one attempt that served; those that have one; those that are no matter of what was asked. */
export const kindCounted = 0;
export const kindServed = 1;
export const kindElsewhere = 2;

// A histogram: exact figures, and counts of values by the buckets of an HDR histogram of three significant digits.
export const histogramSum = 0;
export const histogramSquaresHigh = 8;
export const histogramSquaresLow = 16;
export const histogramMin = 24;
export const histogramMax = 28;
export const histogramBuckets = 32;
/** Longer durations are booked elsewhere: 67 s, up to which squares are exact in a double. */
export const histogramLimitUs = 67108864;
export const histogramBucketCount = 17408;
export const histogramSize = 69664;
