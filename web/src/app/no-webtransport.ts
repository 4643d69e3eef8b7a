/**
 * Stands in for the WebTransport transport of engine.io-client in the built page: no server of ours speaks it, and the
 * call page has a size to keep. WebSocket and long-polling are the library's own.
 */
export class WT {}
