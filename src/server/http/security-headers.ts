/** The headers that tell a browser what our pages may do: little. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { formatHost, type RequestFacts } from './request-facts.ts';

export interface SecurityHeaderOptions {
  readonly facts: RequestFacts;
  /** Strict-Transport-Security: not with our own authority, where it would lock out who does not trust it yet. */
  readonly strictTransport: boolean;
}

/** What a call needs; everything else that asks for a permission stays off. Permissions Policy §4.1. */
const ALLOWED_FEATURES = [
  'camera',
  'microphone',
  'display-capture',
  'fullscreen',
  'picture-in-picture',
  'autoplay',
  'screen-wake-lock',
  'clipboard-write',
];
const DENIED_FEATURES = ['geolocation', 'payment', 'usb', 'serial', 'hid', 'midi'];

const PERMISSIONS_POLICY = [
  ...ALLOWED_FEATURES.map((feature) => `${feature}=(self)`),
  ...DENIED_FEATURES.map((feature) => `${feature}=()`),
].join(', ');

/** `response.locals.styleHashes` of a page goes into its policy. */
export function securityHeaders({ facts, strictTransport }: SecurityHeaderOptions): RequestHandler[] {
  const styles = (_: IncomingMessage, response: ServerResponse): string => {
    const { locals } = response as ServerResponse & { locals: { styleHashes?: readonly string[] } };
    return ["'self'", ...(locals.styleHashes ?? [])].join(' ');
  };
  // Safari before 15.4 does not take wss: for part of 'self'.
  const connections = (request: IncomingMessage): string => {
    const host = facts.host(request);
    return host ? `'self' wss://${formatHost(host)}` : "'self'";
  };
  return [
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'self'"],
          scriptSrc: ["'self'"],
          scriptSrcAttr: ["'none'"],
          styleSrc: [styles],
          styleSrcAttr: ["'none'"],
          imgSrc: ["'self'", 'data:', 'blob:'],
          mediaSrc: ["'self'", 'blob:'],
          fontSrc: ["'self'"],
          connectSrc: [connections],
          workerSrc: ["'self'"],
          manifestSrc: ["'self'"],
          objectSrc: ["'none'"],
          frameSrc: ["'none'"],
          frameAncestors: ["'none'"],
          baseUri: ["'none'"],
          formAction: ["'self'"],
        },
      },
      strictTransportSecurity: strictTransport ? { maxAge: 31_536_000, includeSubDomains: false } : false,
      xFrameOptions: { action: 'deny' },
      // A room's link is its key: no other site is to see it.
      referrerPolicy: { policy: 'no-referrer' },
    }),
    (_request, response, next) => {
      response.setHeader('Permissions-Policy', PERMISSIONS_POLICY);
      next();
    },
  ];
}
