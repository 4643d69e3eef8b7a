/** What a failed getUserMedia means to a person. Decides from the error's name; opens nothing. */

/**
 * `insecure`: no https, so no mediaDevices. `denied`: the browser's permission. `system`: the operating system's.
 * `missing`: no such device. `busy`: held by another app. `constraint`: the chosen device is gone.
 */
export type MediaProblem = 'insecure' | 'denied' | 'system' | 'missing' | 'busy' | 'constraint' | 'other';

/** W3C Media Capture and Streams §10.2 (getUserMedia algorithm) names the errors; browsers tell the rest by message. */
export function mediaProblemOf(error: unknown, secureContext: boolean): MediaProblem {
  if (!secureContext) return 'insecure';
  if (typeof error !== 'object' || error === null) return 'other';
  const name = String(Reflect.get(error, 'name'));
  const message = String(Reflect.get(error, 'message') ?? '');
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      // Chromium: "Permission denied by system". Others do not tell the system's refusal apart.
      return /by system/i.test(message) ? 'system' : 'denied';
    case 'NotFoundError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    case 'OverconstrainedError':
      return 'constraint';
    default:
      return 'other';
  }
}
