/** A picture of where to press in this browser, and the steps in words. */
import { language, words } from '../words/words.ts';
import { type BrowserKind, browserKindOf, systemOf } from './browser-kind.ts';
import { BROWSER_STEPS, SYSTEM_STEPS } from './permission-words.ts';

const { userAgent, maxTouchPoints } = navigator;

function Steps({ steps }: { steps: readonly string[] }) {
  return (
    <ol>
      {steps.map((step) => (
        <li key={step}>{step}</li>
      ))}
    </ol>
  );
}

/** Apps that show a page, and browsers on iOS that are not Safari, have no sign to press beside the address. */
const hasSign = (kind: BrowserKind): boolean => kind !== 'in-app' && kind !== 'chrome-ios';

export function BrowserHelp() {
  const kind = browserKindOf(userAgent, maxTouchPoints);
  return (
    <div class="permission">
      <h2>{words().howToAllow}</h2>
      {hasSign(kind) && <AddressBarPicture kind={kind} />}
      <Steps steps={BROWSER_STEPS[language()][kind]} />
    </div>
  );
}

export function SystemHelp() {
  return (
    <div class="permission">
      <h2>{words().howToAllow}</h2>
      <Steps steps={SYSTEM_STEPS[language()][systemOf(userAgent, maxTouchPoints)]} />
    </div>
  );
}

/** The sign that the browser shows left of the address. */
function Sign({ kind }: { kind: BrowserKind }) {
  switch (kind) {
    case 'chrome':
    case 'chrome-android': // two sliders
      return (
        <path d="M18 17h6m6 0h-2M18 25h2m4 0h6M26 14.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 1 0 0-5M22 22.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 1 0 0-5" />
      );
    case 'safari-ios': // a page with lines
      return <path d="M17 15h14v7h-14zM17 25.5h14M17 28.5h9" />;
    case 'firefox': // a camera, crossed out
      return <path d="M16 17h10v9h-10zM26 20l5-2.5v8l-5-2.5M15 14l16 15" />;
    default: // a lock
      return <path d="M18 20.5h12v8h-12zM20.5 20.5v-3a3.5 3.5 0 0 1 7 0v3" />;
  }
}

function AddressBarPicture({ kind }: { kind: BrowserKind }) {
  return (
    <svg class="address-picture" viewBox="0 0 320 44" aria-hidden="true">
      <rect class="address-field" x="1" y="1" width="318" height="42" rx="21" />
      <circle class="address-ring" cx="24" cy="21.5" r="16" />
      <g class="address-sign">
        <Sign kind={kind} />
      </g>
      <text class="address-text" x="52" y="27">
        {location.host}
      </text>
    </svg>
  );
}
