import { serve } from 'homeroom/worker'
import * as systems from './systems.ts'

serve({ app: 'bench', systems })
