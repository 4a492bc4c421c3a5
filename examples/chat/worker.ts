/** The one worker behind all tabs: it writes the answers and keeps the conversations. */
import { serve } from 'homeroom/worker'
import * as systems from './systems.ts'

serve({ app: 'chat', systems })
