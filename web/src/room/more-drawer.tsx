/** Everything that is not on the bar: invitation, devices, picture, people, the room, view, language, keys. */
import { Activity, Keyboard } from 'lucide';
import type { ComponentChildren } from 'preact';
import { ProblemCards } from '../prejoin/problem-cards.tsx';
import { useSession } from '../ui/context.ts';
import { DeviceChoices } from '../ui/device-choices.tsx';
import { Icon } from '../ui/icon.tsx';
import { LanguageButton } from '../ui/top-bar.tsx';
import { words } from '../words/words.ts';
import { Drawer } from './drawer.tsx';
import { Invitation } from './invitation.tsx';
import { panel } from './panel.ts';
import { PeopleList } from './people-list.tsx';
import { PictureChoices } from './picture-choices.tsx';
import { RoomSettings } from './room-settings.tsx';
import { ViewButtons } from './view-buttons.tsx';

function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="drawer-section stack">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

export function MoreDrawer() {
  const { state } = useSession();
  const w = words();
  return (
    <Drawer title={w.more} name="more">
      <div class="drawer-body">
        <Section title={w.invite}>
          <Invitation />
        </Section>
        <Section title={w.people}>
          <PeopleList />
        </Section>
        {state.value.isHost && (
          <Section title={w.room}>
            <RoomSettings />
          </Section>
        )}
        <Section title={w.devices}>
          <ProblemCards />
          <DeviceChoices />
        </Section>
        <Section title={w.picture}>
          <PictureChoices />
        </Section>
        <Section title={w.view}>
          <ViewButtons />
        </Section>
        <section class="drawer-section drawer-links">
          <button
            type="button"
            class="button button-plain"
            onClick={() => {
              panel.value = 'details';
            }}
          >
            <Icon of={Activity} size={20} />
            {w.connectionDetails}
          </button>
          <button
            type="button"
            class="button button-plain"
            onClick={() => {
              panel.value = 'help';
            }}
          >
            <Icon of={Keyboard} size={20} />
            {w.keyboard}
          </button>
          <LanguageButton />
        </section>
      </div>
    </Drawer>
  );
}
