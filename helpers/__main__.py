from helpers.course.preflight import main

if __name__ == "__main__":
    raise SystemExit(main())
