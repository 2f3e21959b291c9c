from helpers.setup.preflight import main

raise SystemExit(main())
