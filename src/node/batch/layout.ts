/**
 * What the structures and constants of Linux look like on x64 and arm64, in bytes. socket(7), recvmmsg(2), udp(7), epoll(7).
 *
 * ```
 * mmsghdr  0 name* | 8 namelen | 16 iov* | 24 iovlen | 32 control* | 40 controllen | 48 flags | 56 len      64 bytes
 * iovec    0 base* | 8 len                                                                                   16 bytes
 * cmsghdr  0 len | 8 level | 12 type | 16 data …
 * ```
 */

export const MMSGHDR_BYTES = 64;
export const MSG_NAME = 0;
export const MSG_NAMELEN = 8;
export const MSG_IOV = 16;
export const MSG_IOVLEN = 24;
export const MSG_CONTROL = 32;
export const MSG_CONTROLLEN = 40;
export const MSG_LEN = 56;

export const IOVEC_BYTES = 16;

/** sockaddr_in6 has 28; in steps of 8. */
export const NAME_BYTES = 32;
export const SOCKADDR_IN_BYTES = 16;
export const SOCKADDR_IN6_BYTES = 28;

export const CMSG_LEVEL = 8;
export const CMSG_TYPE = 12;
export const CMSG_DATA = 16;
/** A header and up to 8 bytes. */
export const SMALL_CMSG_BYTES = 24;

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0x800;
export const SOCK_CLOEXEC = 0x80000;

export const SOL_SOCKET = 1;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_REUSEADDR = 2;
export const SO_REUSEPORT = 15;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;

export const IPPROTO_IP = 0;
export const IP_MTU_DISCOVER = 10;
export const IP_RECVERR = 11;
export const IPPROTO_IPV6 = 41;
export const IPV6_MTU_DISCOVER = 23;
export const IPV6_RECVERR = 25;
export const IPV6_V6ONLY = 26;
/** Fragment what is too long, and set no DF: a datagram must get there. */
export const PMTUDISC_DONT = 0;
/** Set DF and refuse what is known to be too long. */
export const PMTUDISC_DO = 2;
/** Set DF, whatever is known of the way: refuse only what the interface cannot take. ip(7). */
export const PMTUDISC_PROBE = 3;

export const SOL_UDP = 17;
export const UDP_SEGMENT = 103;
/** Of one message with UDP_SEGMENT: UDP_MAX_SEGMENTS of linux/udp.h was 64 before Linux 6.9. */
export const MAX_SEGMENTS = 64;
/** 65,535 − 20 IPv4 − 8 UDP: the whole run is one datagram as far as the sending side is concerned. */
export const MAX_RUN_BYTES = 65_507;

export const MSG_DONTWAIT = 0x40;
export const MSG_ERRQUEUE = 0x2000;
export const MSG_NOSIGNAL = 0x4000;
export const F_DUPFD_CLOEXEC = 1030;

export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
export const EPOLL_CLOEXEC = 0x80000;
export const EFD_NONBLOCK = 0x800;
export const EFD_CLOEXEC = 0x80000;

/** `struct epoll_event` is packed on x64 only. */
export const EPOLL_EVENT_BYTES = process.arch === 'x64' ? 12 : 16;
export const EPOLL_EVENT_DATA = process.arch === 'x64' ? 4 : 8;

export const PR_SET_TIMERSLACK = 29;
