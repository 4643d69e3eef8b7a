/** What the host decides: lock, knocking, passcode. */
import { useState } from 'preact/hooks';
import { useSession } from '../ui/context.ts';
import { Field } from '../ui/field.tsx';
import { Switch } from '../ui/switch.tsx';
import { words } from '../words/words.ts';
import { attempt } from './attempt.ts';

export function RoomSettings() {
  const { call, state } = useSession();
  const { room } = state.value;
  const w = words();
  if (!room) return null;
  return (
    <>
      <Switch label={w.lockRoom} on={room.locked} onSwitch={(locked) => attempt(call.setRoom({ locked }))} />
      <Switch
        label={w.askRoom}
        on={room.entry === 'ask'}
        onSwitch={(ask) => attempt(call.setRoom({ entry: ask ? 'ask' : 'open' }))}
      />
      {room.passcode ? (
        <div class="passcode-set">
          <p>{w.passcodeIsSet}</p>
          <button
            type="button"
            class="button button-quiet"
            onClick={() => attempt(call.setRoom({ passcode: null }))}
          >
            {w.removePasscode}
          </button>
        </div>
      ) : (
        <PasscodeForm onSet={(passcode) => attempt(call.setRoom({ passcode }))} />
      )}
    </>
  );
}

function PasscodeForm({ onSet }: { onSet: (passcode: string) => void }) {
  const [passcode, setPasscode] = useState('');
  const w = words();
  return (
    <form
      class="with-action"
      onSubmit={(event) => {
        event.preventDefault();
        if (passcode) onSet(passcode);
      }}
    >
      <Field label={w.passcode} value={passcode} maxLength={64} verbatim onText={setPasscode} />
      <button type="submit" class="button button-quiet">
        {w.setPasscode}
      </button>
    </form>
  );
}
