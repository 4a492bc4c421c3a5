/** As the seed has it, but for imports and names that it leaves to the app. */
import { useSystem } from 'homeroom/preact'
import type CollaborativeDoc from './collaborative-doc'

const Avatar = ({ userId }: { userId: string }) => <span className="avatar">{userId}</span>;

export function ActiveUsers() {
  const { activeUsers } = useSystem<CollaborativeDoc>({ id: 'doc-123' });

  return (
    <div className="avatars">
      {activeUsers.map(userId => <Avatar key={userId} userId={userId} />)}
    </div>
  );
}
