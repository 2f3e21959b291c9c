from helpers.preflight.checks import main

raise SystemExit(main())
