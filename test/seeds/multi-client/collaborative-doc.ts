/** As the seed has it, but for imports and names that it leaves to the app. */
import { AgenticSystem, field, type Connection } from 'homeroom'

export default class CollaborativeDoc extends AgenticSystem {
  @field content = '';
  @field activeUsers: string[] = [];

  onConnect(connection: Connection) {
    const userId = connection.metadata?.userId;
    if (userId) {
      this.activeUsers.push(userId);
    }
  }

  onDisconnect(connection: Connection) {
    const userId = connection.metadata?.userId;
    this.activeUsers = this.activeUsers.filter(id => id !== userId);
  }
}
