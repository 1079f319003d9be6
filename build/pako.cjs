// What hdr-histogram-js asks of pako, which would inflate the library's WebAssembly in JavaScript at each start.
const { deflateSync, inflateSync } = require('node:zlib');

module.exports = { deflate: deflateSync, inflate: inflateSync };
