/** The whole page: whichever of its four views is due now. The way into a call is here from the start. */
import { PreJoinPage } from '../prejoin/pre-join-page.tsx';
import { RoomPage } from '../room/room-page.tsx';
import { SessionContext } from '../ui/context.ts';
import { Late } from '../ui/late.tsx';
import type { Session, View } from './session.ts';

const homePage = () => import('../home/home-page.tsx').then((module) => module.HomePage);
const leavePage = () => import('../leave/leave-page.tsx').then((module) => module.LeavePage);

function pageOf(view: View) {
  switch (view) {
    case 'home':
      return <Late key="home" load={homePage} />;
    case 'pre-join':
      return <PreJoinPage />;
    case 'room':
      return <RoomPage />;
    case 'left':
      return <Late key="left" load={leavePage} />;
  }
}

export function App({ session }: { session: Session }) {
  return <SessionContext.Provider value={session}>{pageOf(session.view.value)}</SessionContext.Provider>;
}
