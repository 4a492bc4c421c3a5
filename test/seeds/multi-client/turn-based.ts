/** As the seed has it, but for imports and names that it leaves to the app. */
import { AgenticSystem, action, field } from 'homeroom'

type Move = { square: number }

export class TurnBased extends AgenticSystem {
@field currentTurn: string | null = null;
@field turnOrder: string[] = [];

@action()
async takeTurn(userId: string, move: Move) {
  if (this.currentTurn !== userId) {
    throw new Error('Not your turn');
  }
  await this.processMove(move);
  const nextIndex = (this.turnOrder.indexOf(userId) + 1) % this.turnOrder.length;
  this.currentTurn = this.turnOrder[nextIndex];
}

// The names that the seed leaves to the app: what a move is, and who plays.
@field moves: Move[] = [];

@action()
begin(players: string[]) {
  this.turnOrder = players;
  this.currentTurn = players[0];
}

private async processMove(move: Move) {
  await Promise.resolve();
  this.moves.push(move);
}
}
