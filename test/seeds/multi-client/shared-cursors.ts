/** As the seed has it, but for imports and names that it leaves to the app. */
import { AgenticSystem, action, field, type Connection } from 'homeroom'

export class SharedCursors extends AgenticSystem {
@field cursors: Record<string, { position: number; userId: string }> = {};

@action()
async updateCursor(userId: string, position: number) {
  this.cursors[userId] = { position, userId };
}

onDisconnect(connection: Connection) {
  delete this.cursors[connection.metadata?.userId];
}
}
