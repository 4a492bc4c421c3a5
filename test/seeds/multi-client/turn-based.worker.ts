import { serve } from 'homeroom/worker'
import { TurnBased } from './turn-based'

serve({ app: 'turn-based', systems: { TurnBased } })
