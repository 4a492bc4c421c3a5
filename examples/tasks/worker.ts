/** The one worker behind all tabs: it runs the actions and keeps the boards. */
import { serve } from 'homeroom/worker'
import * as systems from './systems.ts'

serve({ app: 'tasks', systems })
