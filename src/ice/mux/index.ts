/** The door of the shared UDP port, for src/ice, which passes it on. */
export { type MuxMember, UdpMux, type UdpMuxStatistics } from './udp-mux.ts';
