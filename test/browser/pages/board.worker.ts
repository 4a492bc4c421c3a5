import { serve } from 'homeroom/worker'
import * as systems from './board.systems.ts'

serve({ app: 'board', systems })
