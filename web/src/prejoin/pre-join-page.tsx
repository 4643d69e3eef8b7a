/** Before the call: see and hear oneself, choose devices and a name, then one button. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { route } from '../app/route.ts';
import { useSession } from '../ui/context.ts';
import { DeviceChoices } from '../ui/device-choices.tsx';
import { Field } from '../ui/field.tsx';
import { Late } from '../ui/late.tsx';
import { TopBar } from '../ui/top-bar.tsx';
import { errorWords, words } from '../words/words.ts';
import { Preview } from './preview.tsx';
import { Waiting } from './waiting.tsx';

const problemCards = () => import('./problem-cards.tsx').then((module) => module.ProblemCards);

const asksPasscode = (code: string | undefined): boolean =>
  code === 'PASSCODE_REQUIRED' || code === 'PASSCODE_WRONG';

/** Refusals after which another try at the same door is of no use. */
const isFinal = (code: string | undefined): boolean => code === 'ROOM_UNKNOWN' || code === 'ROOM_REMOVED';

export function PreJoinPage() {
  const session = useSession();
  const { media } = session;
  const w = words();
  const waiting = session.state.value.phase === 'waiting';
  useEffect(() => void media.open(), [media]);
  return (
    <div class="page">
      <TopBar />
      <main class="pre-join">
        <div class="pre-join-picture">
          <Preview />
          {media.cameraProblem.value || media.microphoneProblem.value ? <Late load={problemCards} /> : null}
        </div>
        {waiting ? <Waiting /> : <JoinForm />}
        <p class="visually-hidden" aria-live="polite">
          {media.asking.value ? w.askingPermission : ''}
        </p>
      </main>
    </div>
  );
}

function JoinForm() {
  const session = useSession();
  const [passcode, setPasscode] = useState('');
  const [nameMissing, setNameMissing] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const w = words();
  const isNew = route.value.kind === 'new';
  const code = session.refusal.value?.code ?? session.state.value.error?.code;
  const [passcodeWanted, setPasscodeWanted] = useState(asksPasscode(code));
  if (asksPasscode(code) && !passcodeWanted) setPasscodeWanted(true);

  const submit = (event: Event): void => {
    event.preventDefault();
    const unnamed = session.name.value.trim() === '';
    setNameMissing(unnamed);
    if (!unnamed) void session.enter(passcode || undefined);
  };
  useAutomaticJoin(form);
  useEffect(() => {
    if (asksPasscode(code)) form.current?.querySelector<HTMLInputElement>('[name=passcode]')?.focus();
  }, [code]);

  return (
    <form ref={form} class="pre-join-form stack" onSubmit={submit} noValidate>
      <h1>{isNew ? w.readyNew : w.readyTitle}</h1>
      <Field
        label={w.yourName}
        value={session.name.value}
        placeholder={w.namePlaceholder}
        maxLength={64}
        autocomplete="nickname"
        wrong={nameMissing ? w.nameNeeded : undefined}
        onText={(name) => {
          session.name.value = name;
          if (name.trim()) setNameMissing(false);
        }}
      />
      {passcodeWanted && (
        <Field
          label={w.passcode}
          name="passcode"
          value={passcode}
          maxLength={64}
          verbatim
          wrong={code === 'PASSCODE_WRONG' ? errorWords(code) : undefined}
          hint={code === 'PASSCODE_WRONG' ? undefined : w.passcodeNeeded}
          onText={setPasscode}
        />
      )}
      <DeviceChoices />
      {code && !asksPasscode(code) && (
        <p class="note note-bad" role="alert">
          {errorWords(code)}
        </p>
      )}
      {isFinal(code) ? (
        <button
          type="button"
          class="button button-primary button-large"
          onClick={() => {
            session.refusal.value = undefined;
            session.begin({ visibility: 'private' });
          }}
        >
          {w.startCall}
        </button>
      ) : (
        <button type="submit" class="button button-primary button-large" aria-busy={session.entering.value}>
          {session.entering.value ? w.joining : isNew ? w.startNow : w.joinCall}
        </button>
      )}
      <p class="note">{w.readyNote}</p>
    </form>
  );
}

/** `?join=1` under automation presses the button itself, once the devices have answered. */
function useAutomaticJoin(form: { current: HTMLFormElement | null }): void {
  const { parameters, media } = useSession();
  const pressed = useRef(false);
  const answered =
    !media.asking.value &&
    (media.microphone.value !== null || media.microphoneProblem.value !== undefined || !parameters.audio) &&
    (media.camera.value !== null || media.cameraProblem.value !== undefined || !media.cameraWanted);
  useEffect(() => {
    if (!parameters.join || !answered || pressed.current) return;
    pressed.current = true;
    form.current?.requestSubmit();
  }, [parameters, answered, form]);
}
