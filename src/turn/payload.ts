/** How much data one datagram carries through a relay. RFC 8656 §11.3. */

/** 65,507 = 65,535 − 20 IPv4 − 8 UDP: no datagram holds more. */
export const MAX_UDP_PAYLOAD_BYTES = 65_507;
/** 65,456 = 65,507 − 20 STUN header − 24 XOR-PEER-ADDRESS (IPv6) − 4 DATA header − 3 padding: fits Send and Data indications. */
export const MAX_PEER_PAYLOAD_BYTES = 65_456;
