/** Starts the page: words first, then the session, then the drawing takes the place of the splash mark. */
import { render } from 'preact';
import { App } from './app/app.tsx';
import { connectCall } from './app/connect.ts';
import { parseParameters } from './app/parameters.ts';
import { readPreferences } from './app/preferences.ts';
import { Session } from './app/session.ts';
import { fetchErrorWords, languageOf, speak } from './words/words.ts';
import './style/index.css';

declare global {
  interface Window {
    /** For tests and for the curious: the page's own call, with nothing in it that its person may not see. */
    ieum?: { readonly call: Session['call']; readonly media: Session['media'] };
  }
}

/** After the page stands and before anything is likely to go wrong. */
const FETCH_AHEAD_MS = 1000;

async function start(place: Element): Promise<void> {
  const parameters = parseParameters(location.search, navigator.webdriver);
  const preferences = readPreferences();
  await speak(parameters.language ?? preferences.language ?? languageOf(navigator.languages));
  const call = connectCall({
    name: Session.connectionName(parameters, preferences),
    icePolicy: parameters.ice,
    ...(parameters.transport ? { relayTransport: parameters.transport } : {}),
    ...(parameters.codec ? { videoCodec: parameters.codec } : {}),
  });
  const session = new Session(call, parameters, preferences);
  window.ieum = { call, media: session.media };
  place.replaceChildren();
  render(<App session={session} />, place);
  setTimeout(() => void fetchErrorWords(), FETCH_AHEAD_MS);
}

const place = document.getElementById('app');
if (place) void start(place);
